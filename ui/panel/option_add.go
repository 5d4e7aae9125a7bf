package panel

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// optionAdder is the last row of the options: where one more is named, by its name or number.
type optionAdder struct {
	object fyne.CanvasObject

	e      *optionEditor
	entry  *widget.Entry
	list   *widget.Sheet
	found  []protocol.OptionNumber
	chosen int
	on     bool // it has the focus
	all    bool // all options are listed, as long as nothing is named
}

// namedID is the region of an option that can be taken.
type namedID int

const (
	namedRow  = 22
	namedRows = 8 // the most that are shown
)

func newOptionAdder(e *optionEditor) *optionAdder {
	a := &optionAdder{e: e}
	a.entry = widget.NewEntry("+ add option: name or number")
	a.entry.OnChanged = func(string) {
		a.chosen = 0
		a.find()
	}
	a.entry.OnFocus = func(on bool) {
		a.on, a.all = on, false
		fyne.Do(a.find) // after the click that takes the focus away, which may be one on the list
	}
	a.entry.OnKey = a.key
	a.entry.OnSubmitted = func(string) { a.take(a.chosen) }
	a.list = widget.NewSheet(a.draw)
	a.list.On = widget.OnPanel
	a.list.OnPress = func(t widget.Tap) { // before the entry loses the focus, and the list goes
		if id, ok := a.list.HitAt(t.Pos).(namedID); ok {
			a.take(int(id))
		}
	}
	a.list.OnHover = func(pos fyne.Position, inside bool) {
		if id, ok := a.list.HitAt(pos).(namedID); ok && inside && a.chosen != int(id) {
			a.chosen = int(id)
			a.list.Refresh()
		}
	}
	a.list.Hide()
	every := widget.NewLink("▾", func() {
		a.entry.Focus()
		fyne.Do(func() {
			a.all = true
			a.find()
		})
	})
	every.Hint = "All options of requests"
	a.object = Stacked(1, padded(container.New(bar{elastic: 0, height: 32}, a.entry, every), 0, 4, 0, 0), a.list)
	return a
}

func (a *optionAdder) focus() {
	focusIn(a.e.view, a.entry.Field())
	fyne.Do(func() { a.e.reveal(a.object) })
}

// find looks for what is named, while the cursor is here.
func (a *optionAdder) find() {
	a.found = nil
	if a.on && (a.entry.Text() != "" || a.all) {
		a.found = draft.OptionsNamed(a.entry.Text())
	}
	a.chosen = max(0, min(a.chosen, len(a.found)-1))
	state := widget.NeutralEntry
	if a.on && a.entry.Text() != "" && len(a.found) == 0 {
		state = widget.InvalidEntry
	}
	a.entry.SetState(state)
	height := float32(min(len(a.found), namedRows)*namedRow + 6)
	switch {
	case a.on && len(a.found) > 0:
		a.list.Min = fyne.NewSize(60, height)
		a.list.Show()
	default:
		a.list.Min = fyne.NewSize(60, 1)
		a.list.Hide()
	}
	a.e.box.Refresh()
	if a.on {
		a.e.reveal(a.object)
	}
	a.list.Refresh()
}

func (a *optionAdder) key(name fyne.KeyName) bool {
	switch name {
	case fyne.KeyDown:
		if len(a.found) == 0 {
			a.all = true
			a.find()
			return true
		}
		a.chosen = min(a.chosen+1, max(0, len(a.found)-1))
	case fyne.KeyUp:
		if a.chosen == 0 {
			for i := len(a.e.rows) - 1; i >= 0; i-- {
				if r := a.e.rows[i]; r.entry != nil {
					r.entry.Focus()
					return true
				}
			}
		}
		a.chosen = max(a.chosen-1, 0)
	default:
		return false
	}
	a.list.Refresh()
	return true
}

// take adds one of those that were found, and puts the cursor into its value.
func (a *optionAdder) take(i int) {
	if i >= len(a.found) {
		return
	}
	number := a.found[i]
	a.chosen = 0
	a.entry.SetText("")
	a.e.focusRow(a.e.p.draft().AddOption(number))
}

// first gives the place of the first row that is shown: the chosen one is in sight.
func (a *optionAdder) first() int { return max(0, min(a.chosen-namedRows/2, len(a.found)-namedRows)) }

func (a *optionAdder) draw(g *widget.Painter) {
	first := a.first()
	for i := first; i < min(first+namedRows, len(a.found)); i++ {
		n := a.found[i]
		y := float32(i-first)*namedRow + 3
		if i == a.chosen {
			g.RoundRect(0, y, g.W, namedRow, 4, g.Pal.Selection, 0, g.Pal.Selection)
		}
		g.TextRight(34, y+15, fmt.Sprint(uint16(n)), widget.Mono(11, view.Dim))
		name, what := n.String(), ""
		info := n.Lookup(protocol.GET)
		if info == nil {
			name = "not registered"
		} else {
			what = info.Format.String()
		}
		g.TextEllipsis(44, y+15, g.W-120, name, widget.Sans(12, view.OptionA))
		g.TextRight(g.W-10, y+15, what, widget.Mono(10, view.Dim))
		g.Hit(0, y, g.W, namedRow, namedID(i))
	}
}
