package panel

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"coapscope/session"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// recording is one of three numbers, one of them late, and a switch, with a stall.
const recording = `{"coapscope":"recording","version":1}
{"watch":1,"to":"127.0.0.1:5683","path":"/sensors/temp"}
{"watch":1,"device":"node"}
{"watch":2,"to":"127.0.0.1:5683","path":"/sensors/hum"}
{"watch":3,"to":"127.0.0.2:5683","path":"/led"}
`

func openRecording(t *testing.T, bench *view.Workbench) {
	t.Helper()
	var b strings.Builder
	b.WriteString(recording)
	line := func(id int, at float64, seq int, fresh bool, text string) {
		start := time.Unix(1_700_000_000, 0)
		stamp := start.Add(time.Duration(at * float64(time.Second)))
		b.WriteString(recordLine(id, stamp, seq, fresh, text))
	}
	for i := range 20 {
		line(1, float64(i), i+1, true, []string{"21.5 C", "21.7 C", "21.6 C"}[i%3])
		if i == 10 {
			line(1, 10.4, 5, false, "25 C")
		}
		line(2, float64(i)+0.2, i+1, true, []string{"40 %", "41 %"}[i%2])
		if i%5 == 0 {
			line(3, float64(i)+0.1, i+1, true, []string{"on", "off"}[i/5%2])
		}
	}
	bench.OpenRecording("r.jsonl", opener(b.String()))
	for range 500 {
		bench.Pull()
		if bench.Watch().Len() > 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("the recording does not open: %s", bench.Message)
}

func TestObserveTab(t *testing.T) {
	test.NewTempApp(t)
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	bench := view.NewWorkbench(engine, func() {})
	t.Cleanup(bench.Close)
	p := NewPackets(bench)
	w := test.NewTempWindow(t, p.Object)
	for _, size := range []fyne.Size{{Width: 715, Height: 420}, {Width: 530, Height: 330}} {
		w.Resize(size)
		p.ShowObservations()
		p.RefreshWatch()
		if text := p.observe.chart.Snapshot().String(); bench.Watch().Len() == 0 && !strings.Contains(text, "Observe a resource") {
			t.Errorf("the empty chart says %q", text)
		}
		if bench.Watch().Len() == 0 {
			openRecording(t, bench)
		}
		p.RefreshWatch()
		chart, list := p.observe.chart.Snapshot().String(), p.observe.list.Snapshot().String()
		wanted := []string{"°C", "stale", "off", "temp · node", "mean"}
		if size.Height < 400 {
			wanted = wanted[:3] // the lanes come first
		}
		for _, want := range wanted {
			if !strings.Contains(chart, want) {
				t.Errorf("%v: the chart does not say %q:\n%s", size, want, chart)
			}
		}
		for _, want := range []string{"sensors/temp", "21.7 °C", "21, 1 stale", "recording", "▤", "led", "off"} {
			if !strings.Contains(list, want) {
				t.Errorf("%v: the list does not say %q:\n%s", size, want, list)
			}
		}
	}
	if count := p.tabs.Tabs()[2].Count; p.tabs.Tabs()[2].ID != "observe" || count != "3" {
		t.Errorf("the tab says %q", count)
	}

	// The signs at the left take observations out of the chart.
	watch := bench.Watch()
	pos, box, ok := p.observe.list.HitBox(swatchID(2))
	if !ok {
		t.Fatal("no sign")
	}
	p.observe.list.Tapped(&fyne.PointEvent{Position: pos.AddXY(box.Width/2, box.Height/2)})
	if watch.Item(2).Shown || len(watch.Lines()) != 2 {
		t.Error("it is still in the chart")
	}
	// A drag moves, the wheel zooms, and both end following.
	chart := p.observe.chart
	before := watch.Chart.Span()
	chart.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.Delta{DY: 10}, PointEvent: fyne.PointEvent{Position: fyne.NewPos(200, 100)}})
	if watch.Chart.Span() >= before {
		t.Errorf("%v after zooming in from %v", watch.Chart.Span(), before)
	}
	from, _ := watch.Chart.Window(time.Now())
	chart.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(250, 100)}, Dragged: fyne.Delta{DX: 50}})
	chart.DragEnd()
	if moved, _ := watch.Chart.Window(time.Now()); !moved.Before(from) || watch.Chart.Following() {
		t.Errorf("dragged from %v to %v", from, moved)
	}
	chart.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	if !watch.Chart.Following() {
		t.Error("End does not follow")
	}

	path := filepath.Join(t.TempDir(), "chart.png")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	model := watch.Chart
	if err := widget.ChartPNG(file, &model, watch.Lines(), 600, 300, time.Unix(1_700_000_010, 0), widget.CurrentPalette()); err != nil {
		t.Fatal(err)
	}
	file.Seek(0, 0)
	if img, err := png.Decode(file); err != nil || img.Bounds().Dx() != 1200 {
		t.Errorf("picture: %v", err)
	}
	if m := p.observe.menu(watch.Item(0), 0); m == nil || len(m.Items) < 6 {
		t.Error("no menu")
	}
}
