package panel

import (
	"strings"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// packetFilter is the entry for the filter, and the lines below it: why it cannot be read, and how it can go on.
type packetFilter struct {
	entry *widget.Entry
	hint  *widget.Sheet
	done  func() // the user is ready with the filter

	around *fyne.Container // that lays them out

	bench   *view.Workbench
	filling bool // the text is set by the model, not typed
	focused bool

	suggestions []view.FilterSuggestion
	chosen      int    // of them; -1 for none
	asked       string // text and cursor that suggestions are for
	at          int
}

// suggestionID is the region of a suggestion.
type suggestionID int

// hintLine is the height of a line below the entry.
const hintLine = 20

func newPacketFilter(bench *view.Workbench) *packetFilter {
	f := &packetFilter{bench: bench, chosen: -1}
	f.entry = widget.NewMonoEntry("Filter: code.class == 2 && rtt > 20ms, or any words")
	f.entry.OnChanged = func(text string) {
		if !f.filling {
			bench.SetFilter(text)
		}
		f.suggest()
	}
	f.entry.OnSubmitted = func(string) { f.done() }
	f.entry.OnFocus = func(focused bool) {
		f.focused = focused
		f.chosen = -1
		f.suggest()
	}
	f.entry.OnKey = f.key
	f.entry.TakesTab = func() bool { return f.focused && f.entry.Text() != "" && len(f.suggestions) > 0 }
	f.hint = widget.NewSheet(f.draw)
	f.hint.OnTap = func(t widget.Tap) {
		if i, ok := t.Hit.(suggestionID); ok {
			f.take(int(i))
			f.entry.Focus()
		}
	}
	f.layout()
	return f
}

// refresh shows the model anew.
func (f *packetFilter) refresh() {
	t := f.bench.Traffic
	if f.entry.Text() != t.FilterText() {
		f.filling = true
		f.entry.SetText(t.FilterText())
		f.entry.CursorToEnd()
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

// suggest finds how the text can go on at the cursor.
func (f *packetFilter) suggest() {
	f.suggestions = nil
	if f.focused {
		text, at := f.entry.Text(), f.entry.Cursor()
		if text != f.asked || at != f.at {
			f.chosen = -1
		}
		f.asked, f.at = text, at
		f.suggestions = f.bench.Traffic.CompleteFilter(text, at)
		f.chosen = min(f.chosen, len(f.suggestions)-1)
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

// key acts on a key before the entry does.
func (f *packetFilter) key(name fyne.KeyName) bool {
	switch name {
	case fyne.KeyDown, fyne.KeyUp:
		f.suggest()
		n := len(f.suggestions)
		if n == 0 {
			f.done()
			return true
		}
		if name == fyne.KeyDown {
			f.chosen = min(f.chosen+1, n-1)
		} else {
			f.chosen = max(f.chosen-1, -1)
		}
		f.hint.Refresh()
	case fyne.KeyTab:
		f.suggest()
		f.take(max(f.chosen, 0))
	case fyne.KeyReturn, fyne.KeyEnter:
		if f.chosen < 0 {
			return false
		}
		f.take(f.chosen)
	case fyne.KeyEscape:
		if f.entry.Text() == "" {
			return false
		}
		f.entry.SetText("")
	default:
		return false
	}
	return true
}

// take puts a suggestion into the text, with a space behind it.
func (f *packetFilter) take(i int) {
	if i < 0 || i >= len(f.suggestions) {
		return
	}
	s, text := f.suggestions[i], f.entry.Text()
	if s.To > len(text) {
		return
	}
	put, rest := s.Text+" ", strings.TrimPrefix(text[s.To:], " ")
	f.entry.SetText(text[:s.From] + put + rest)
	f.entry.SetCursor(s.From + len(put))
	f.chosen = -1
	f.suggest()
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
	if len(f.suggestions) == 0 {
		text := "⏎ goes to the packets · Esc clears"
		if f.bench.Traffic.FilterIsWords() {
			text = "Packets with all of these words in their row · ⏎ goes to them · Esc clears"
		}
		g.TextEllipsis(left, y+13, g.W-left-right, text, widget.Mono(11, view.Faint))
		return
	}
	first := 0
	about := ""
	if f.chosen >= 0 {
		about = f.suggestions[f.chosen].About
	}
	aboutWidth := float32(0)
	if about != "" {
		aboutWidth = min(g.Measure(about, widget.Sans(11, view.Dim))+16, g.W/2)
	}
	room := g.W - left - right - aboutWidth
	for w := float32(0); first < f.chosen; first++ { // so that the chosen one has room
		w = 0
		for i := first; i <= f.chosen; i++ {
			w += g.Measure(f.suggestions[i].Text, widget.Mono(11, view.Accent)) + 14
		}
		if w < room {
			break
		}
	}
	x := float32(left)
	for i := first; i < len(f.suggestions); i++ {
		s := f.suggestions[i].Text
		w := g.Measure(s, widget.Mono(11, view.Accent))
		if x+w > left+room {
			break
		}
		style := widget.Mono(11, view.Dim)
		if i == f.chosen || f.chosen < 0 && i == 0 && f.entry.Text() != "" {
			style = widget.Mono(11, view.Accent)
		}
		if i == f.chosen {
			g.RoundRect(x-5, y+1, w+10, 17, 4, g.Pal.Selection, 0, g.Pal.Selection)
		}
		g.Text(x, y+13, s, style)
		g.Hit(x-7, y, w+14, hintLine, suggestionID(i))
		x += w + 14
	}
	if about != "" {
		g.TextEllipsis(g.W-right-aboutWidth+16, y+13, aboutWidth-16, about, widget.Sans(11, view.Dim))
	}
}
