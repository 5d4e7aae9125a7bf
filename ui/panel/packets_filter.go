package panel

import (
	"strings"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// packetFilter is the entry for the filter, and the lines below it: why it cannot be read, and what it can do.
type packetFilter struct {
	entry *widget.Entry
	hint  *widget.Sheet
	done  func() // the user is ready with the filter

	around *fyne.Container // that lays them out

	bench       *view.Workbench
	filling     bool // the text is set by the model, not typed
	focused     bool
	suggestions *widget.Suggestions
}

// hintLine is the height of a line below the entry.
const hintLine = 20

func newPacketFilter(bench *view.Workbench) *packetFilter {
	f := &packetFilter{bench: bench}
	f.entry = widget.NewMonoEntry("Filter: code.class == 2 && rtt > 20ms, or any words")
	f.entry.OnChanged = func(text string) {
		if !f.filling {
			bench.SetFilter(text)
		}
		f.layout()
	}
	f.entry.OnSubmitted = func(string) { f.done() }
	f.entry.OnFocus = func(focused bool) {
		f.focused = focused
		f.layout()
	}
	f.hint = widget.NewSheet(f.draw)
	f.suggestions = completeFilter(f.entry, bench)
	f.suggestions.Under, f.suggestions.Rest = f.hint, f.key
	f.layout()
	return f
}

// completeFilter suggests how the filter can go on.
func completeFilter(entry *widget.Entry, bench *view.Workbench) *widget.Suggestions {
	var found []view.FilterSuggestion
	s := widget.NewSuggestions(entry)
	s.Find = func(text string, cursor int) []widget.Suggestion {
		if text == "" {
			return nil // any field can follow
		}
		found = bench.Traffic.CompleteFilter(text, cursor)
		shown := make([]widget.Suggestion, len(found))
		for i, f := range found {
			_, marks, _ := view.Fuzzy(text[f.From:f.To], f.Text)
			shown[i] = widget.Suggestion{Text: f.Text, Marks: marks, About: f.About}
		}
		return shown
	}
	s.Take = func(i int, text string) (string, int) { // with a space behind it
		f := found[i]
		put, rest := f.Text+" ", strings.TrimPrefix(text[f.To:], " ")
		return text[:f.From] + put + rest, f.From + len(put)
	}
	return s
}

// refresh shows the model anew.
func (f *packetFilter) refresh() {
	t := f.bench.Traffic
	if f.entry.Text() != t.FilterText() {
		f.filling = true
		f.entry.SetText(t.FilterText())
		f.entry.CursorToEnd()
		f.suggestions.Close()
		f.filling = false
	}
	switch {
	case t.FilterError() != nil:
		f.entry.SetState(widget.InvalidEntry)
	case t.Filtered():
		f.entry.SetState(widget.ValidEntry)
	default:
		f.entry.SetState(widget.NeutralEntry)
	}
	f.layout()
}

// layout gives the lines below the entry the room that they need.
func (f *packetFilter) layout() {
	lines := 0
	if f.bench.Traffic.FilterError() != nil {
		lines++
	}
	if f.focused {
		lines++
	}
	height := float32(lines * hintLine)
	if lines > 0 {
		height += 4
	}
	visible := lines > 0
	if f.hint.Min.Height != height || f.hint.Visible() != visible {
		f.hint.Min.Height = height
		if visible {
			f.hint.Show()
		} else {
			f.hint.Hide()
		}
		if f.around != nil {
			f.around.Refresh()
		}
	}
	f.hint.Refresh()
}

// key acts on a key that the suggestions have no use for, before the entry does.
func (f *packetFilter) key(name fyne.KeyName) bool {
	switch {
	case name == fyne.KeyDown || name == fyne.KeyUp:
		f.done()
	case name == fyne.KeyEscape && f.entry.Text() != "":
		f.entry.SetText("")
	default:
		return false
	}
	return true
}

func (f *packetFilter) draw(g *widget.Painter) {
	const left, right = 20, 12
	y := float32(0)
	if err := f.bench.Traffic.FilterError(); err != nil {
		g.TextEllipsis(left, y+13, g.W-left-right, "✖ "+err.Error(), widget.Mono(11, view.Error))
		y += hintLine
	}
	if !f.focused {
		return
	}
	text := "Names of fields complete as you type · ⏎ goes to the packets · Esc clears"
	if f.bench.Traffic.FilterIsWords() {
		text = "Packets with all of these words in their row · ⏎ goes to them · Esc clears"
	}
	g.TextEllipsis(left, y+13, g.W-left-right, text, widget.Mono(11, view.Faint))
}
