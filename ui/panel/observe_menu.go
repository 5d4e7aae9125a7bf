package panel

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"

	"coapscope/discovery"
	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// menu gives what can be done with an observation, and with the packet of one of its values.
func (t *observeTab) menu(o *view.Watched, frame trace.Seq) *fyne.Menu {
	if o == nil {
		return nil
	}
	watch, bench := t.bench.Watch(), t.bench
	var items []*fyne.MenuItem
	add := func(title string, do func()) *fyne.MenuItem {
		item := fyne.NewMenuItem(title, do)
		items = append(items, item)
		return item
	}
	line := func() { items = append(items, fyne.NewMenuItemSeparator()) }
	if frame == 0 {
		frame = o.Row(time.Now()).Frame
	}
	if frame != 0 && o.State() != view.WatchRecorded {
		add("Show its packet", func() { t.p.ShowPacket(frame) })
		line()
	}
	add("In the chart", func() { watch.ShowOnly(o, true) }).Checked = o.Shown
	add("Only this in the chart", func() { watch.ShowOnly(o, false) })
	if numbers := o.Numbers(); len(numbers) > 1 {
		item := add("Number", nil)
		item.ChildMenu = fyne.NewMenu("")
		for _, n := range numbers {
			choice := fyne.NewMenuItem(n.Title, func() { bench.ChooseNumber(o, n.Path) })
			choice.Checked = n.Chosen
			item.ChildMenu.Items = append(item.ChildMenu.Items, choice)
		}
		add("All its numbers in the chart", func() { bench.ShowEvery(o, !o.Every()) }).Checked = o.Every()
	}
	line()
	switch o.State() {
	case view.WatchRecorded:
	case view.WatchEnded:
		add("Observe again", func() { bench.ResumeWatch(o) })
	default:
		add("Stop observing", func() { bench.StopWatch(o) })
	}
	if to, ok := bench.MovedTo(o); ok {
		add("Observe at "+discovery.EndpointText(to), func() { bench.MoveWatch(o, to) })
	}
	add("Clear what was seen", func() { bench.ClearWatch(o) })
	add("Remove", func() { bench.Remove(o) })
	add("Remove all that have ended", bench.RemoveEnded)
	line()
	items = append(items, t.p.copying("Copy what is known of it", func() string { return o.Tip(time.Now()) }))
	export := fyne.NewMenuItem("Export it", nil)
	export.ChildMenu = fyne.NewMenu("", t.exportItems(func() []*view.Watched { return []*view.Watched{o} })...)
	items = append(items, export)
	return fyne.NewMenu("", items...)
}

func (t *observeTab) spanMenu() *fyne.Menu {
	watch := t.bench.Watch()
	menu := fyne.NewMenu("")
	for _, d := range [...]time.Duration{10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour} {
		item := fyne.NewMenuItem(spanText(d), func() {
			watch.Chart.SetSpan(d)
			t.refresh()
		})
		item.Checked = watch.Chart.Span() == d
		menu.Items = append(menu.Items, item)
	}
	menu.Items = append(menu.Items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("All there is", func() {
		watch.Chart.Whole(watch.Items())
		t.refresh()
	}))
	return menu
}

// shown gives the observations of the chart.
func (t *observeTab) shown() (shown []*view.Watched) {
	for _, o := range t.bench.Watch().Items() {
		if o.Shown {
			shown = append(shown, o)
		}
	}
	return shown
}

func (t *observeTab) exportMenu() *fyne.Menu {
	items := append(t.exportItems(t.shown), fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Save the chart as PNG …", func() {
		watch := t.bench.Watch()
		model, lines, palette, now := watch.Chart, watch.Lines(), widget.CurrentPalette(), time.Now()
		size := t.chart.LogicalSize()
		t.save("chart.png", len(lines), func(to io.Writer) error {
			return widget.ChartPNG(to, &model, lines, size.Width, size.Height, now, palette)
		})
	}))
	return fyne.NewMenu("", items...)
}

func (t *observeTab) exportItems(which func() []*view.Watched) (items []*fyne.MenuItem) {
	for f, names := range view.WatchFormats {
		items = append(items, fyne.NewMenuItem("Save as "+names.Title+" …", func() {
			shown := which()
			t.save(names.File, len(shown), func(to io.Writer) error { return view.WriteWatched(to, view.WatchFormat(f), shown) })
		}))
	}
	return items
}

func (t *observeTab) save(name string, n int, write func(io.Writer) error) {
	if n == 0 {
		t.bench.Say(view.Warning, "Nothing is in the chart: click the signs at the left")
		return
	}
	if t.p.OnSaveWatched != nil {
		t.p.OnSaveWatched(name, write)
	}
}

// recentRecordings is how many recordings the menu names.
const recentRecordings = 12

func (t *observeTab) recordMenu() *fyne.Menu {
	watch := t.bench.Watch()
	menu := fyne.NewMenu("")
	if r := watch.Recording(); r != nil {
		written, lost, err := r.State()
		state := fmt.Sprintf("%s, %s", filepath.Base(r.Path), view.Bytes(int(written)))
		switch {
		case err != nil:
			state = err.Error()
		case lost > 0:
			state += fmt.Sprintf("; %s did not get there, the disk is too slow", view.Grouped(lost))
		}
		item := fyne.NewMenuItem(state, nil)
		item.Disabled = true
		menu.Items = append(menu.Items, item, fyne.NewMenuItem("Stop recording", func() { t.bench.SetRecording(false) }))
	} else if watch.RecordingDir() != "" {
		menu.Items = append(menu.Items, fyne.NewMenuItem("Record", func() { t.bench.SetRecording(true) }))
	}
	earlier := watch.Earlier()
	if len(earlier) > 0 {
		menu.Items = append(menu.Items, fyne.NewMenuItemSeparator())
		for _, r := range earlier[:min(len(earlier), recentRecordings)] {
			menu.Items = append(menu.Items, fyne.NewMenuItem("Open "+r.Name, func() { t.open(filepath.Join(watch.RecordingDir(), r.Name)) }))
		}
	}
	if t.p.OnOpenRecording != nil {
		menu.Items = append(menu.Items, fyne.NewMenuItem("Open another …", t.p.OnOpenRecording))
	}
	if len(earlier) > 0 {
		menu.Items = append(menu.Items, fyne.NewMenuItemSeparator(), t.deleteMenu(earlier))
	}
	return menu
}

// deleteMenu deletes recordings of earlier runs: the old ones of them, or all.
func (t *observeTab) deleteMenu(earlier view.EarlierRecordings) *fyne.MenuItem {
	item := fyne.NewMenuItem("Delete earlier ones", nil)
	item.ChildMenu = fyne.NewMenu("")
	add := func(what string, which view.EarlierRecordings) {
		if len(which) > 0 {
			item.ChildMenu.Items = append(item.ChildMenu.Items,
				fyne.NewMenuItem(what+": "+which.Text(), func() { t.bench.DeleteRecordings(which) }))
		}
	}
	add("Older than 30 days", earlier.Before(time.Now().AddDate(0, 0, -30)))
	add("All", earlier)
	return item
}

func (t *observeTab) open(path string) {
	t.bench.OpenRecording(filepath.Base(path), func() (io.ReadCloser, error) { return os.Open(path) })
}
