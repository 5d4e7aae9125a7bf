package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
)

// Tab is one tab of a strip.
type Tab struct {
	ID       string
	Title    string
	Count    string // small, behind the title: "3", "1 open"
	Closable bool
	Concept  view.Concept // of the count
}

// TabStrip is a row of tabs. It shows no content: OnSelect says what to show.
type TabStrip struct {
	Sheet
	// Boxed tabs stand like cards, with the accent above the selected one; others are underlined.
	Boxed bool
	// Adds shows a "+" behind the tabs.
	Adds bool

	OnSelect func(id string)
	OnClose  func(id string)
	OnAdd    func()

	tabs     []Tab
	selected string
	first    int // the first tab drawn, where not all of them fit
}

// tabPart names the regions of a strip.
type tabPart struct {
	id   string
	part uint8
}

const (
	tabBody uint8 = iota
	tabCross
	tabAdd
	tabBack
	tabForth
)

// NewTabStrip returns a strip of underlined tabs, of which the first is selected.
func NewTabStrip(tabs ...Tab) *TabStrip {
	t := &TabStrip{}
	t.Init(t)
	t.On = OnPanel
	t.Min = fyne.NewSize(60, 30)
	t.Draw = t.draw
	t.OnTap = t.onTap
	t.OnHover = func(fyne.Position, bool) { t.Refresh() }
	t.OnKey = t.onKey
	t.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if t.HitAt(pos) != nil {
			return desktop.PointerCursor
		}
		return nil
	}
	t.SetTabs(tabs...)
	return t
}

// NewBoxedTabs returns a strip of closable cards with a "+" behind them.
func NewBoxedTabs(tabs ...Tab) *TabStrip {
	t := NewTabStrip(tabs...)
	t.Boxed, t.Adds, t.Min.Height = true, true, 33
	t.On = OnGround
	return t
}

// SetTabs shows other tabs. The selection stays where its tab does, else the first is selected.
func (t *TabStrip) SetTabs(tabs ...Tab) {
	t.tabs = append(t.tabs[:0], tabs...)
	if t.index(t.selected) < 0 {
		t.selected = ""
		if len(tabs) > 0 {
			t.selected = tabs[0].ID
		}
	}
	t.Refresh()
}

// SetCount gives a tab another count, in the colour of a concept.
func (t *TabStrip) SetCount(id, count string, c view.Concept) {
	if i := t.index(id); i >= 0 && (t.tabs[i].Count != count || t.tabs[i].Concept != c) {
		t.tabs[i].Count, t.tabs[i].Concept = count, c
		t.Refresh()
	}
}

// Tabs returns the tabs shown.
func (t *TabStrip) Tabs() []Tab { return t.tabs }

// Selected returns the id of the selected tab.
func (t *TabStrip) Selected() string { return t.selected }

// Select selects a tab without calling OnSelect.
func (t *TabStrip) Select(id string) {
	if t.index(id) >= 0 && t.selected != id {
		t.selected = id
		t.Refresh()
	}
}

// Step selects the next tab (1) or the one before (-1), around the ends, as the user does.
func (t *TabStrip) Step(d int) {
	if n := len(t.tabs); n > 0 {
		t.choose(t.tabs[((t.index(t.selected)+d)%n+n)%n].ID)
	}
}

func (t *TabStrip) index(id string) int {
	for i := range t.tabs {
		if t.tabs[i].ID == id {
			return i
		}
	}
	return -1
}

func (t *TabStrip) choose(id string) {
	if id == t.selected {
		return
	}
	t.selected = id
	t.Refresh()
	if t.OnSelect != nil {
		t.OnSelect(id)
	}
}

func (t *TabStrip) onTap(tap Tap) {
	hit, ok := tap.Hit.(tabPart)
	if !ok {
		return
	}
	if tap.Button == desktop.MouseButtonTertiary || hit.part == tabCross {
		if i := t.index(hit.id); i >= 0 && t.tabs[i].Closable && t.OnClose != nil {
			t.OnClose(hit.id)
		}
		return
	}
	switch hit.part {
	case tabAdd:
		if t.OnAdd != nil {
			t.OnAdd()
		}
	case tabBack:
		t.Step(-1)
	case tabForth:
		t.Step(1)
	default:
		t.choose(hit.id)
	}
}

func (t *TabStrip) onKey(name fyne.KeyName, _ fyne.KeyModifier) {
	switch name {
	case fyne.KeyLeft:
		t.Step(-1)
	case fyne.KeyRight:
		t.Step(1)
	case fyne.KeyHome:
		if len(t.tabs) > 0 {
			t.choose(t.tabs[0].ID)
		}
	case fyne.KeyEnd:
		if n := len(t.tabs); n > 0 {
			t.choose(t.tabs[n-1].ID)
		}
	case fyne.KeyDelete:
		if i := t.index(t.selected); i >= 0 && t.tabs[i].Closable && t.OnClose != nil {
			t.OnClose(t.selected)
		}
	}
}

// measure returns the width of a tab without the gap to the next one.
func (t *TabStrip) measure(p *Painter, tab *Tab) float32 {
	w := p.Measure(tab.Title, t.titleStyle(tab))
	if tab.Count != "" {
		w += 6 + p.Measure(tab.Count, Sans(11, tab.Concept))
	}
	if tab.Closable {
		w += 8 + SignSize
	}
	return w
}

func (t *TabStrip) titleStyle(tab *Tab) Style {
	st := Sans(12, view.Dim)
	if tab.ID == t.selected {
		st.Concept = view.Plain
		st.Bold = !t.Boxed
	}
	if t.Boxed {
		st.Size = 12.5
	}
	return st
}

func (t *TabStrip) draw(p *Painter) {
	const lead = 16
	pad, gap := float32(0), float32(24)
	if t.Boxed {
		pad, gap = 13, 2
	}
	p.HLine(0, p.H-1, p.W, p.Pal.Line)
	var sum float32
	for i := range t.tabs {
		sum += t.measure(p, &t.tabs[i]) + 2*pad
	}
	room := p.W - lead
	if t.Boxed {
		room = p.W - 4
	}
	if t.Adds {
		room -= 34
	}
	between := max(len(t.tabs)-1, 1)
	if sum+gap*float32(between) > room && !t.Boxed {
		gap = max(8, (room-sum)/float32(between))
	}
	overflow := sum+gap*float32(between) > room+0.5
	if !overflow {
		t.first = 0
	} else {
		room -= 40
		t.reveal(p, room, pad, gap)
	}
	x := float32(lead)
	if t.Boxed {
		x = 4
	}
	for i := t.first; i < len(t.tabs); i++ {
		w := t.measure(p, &t.tabs[i]) + 2*pad
		if overflow && x+w > room+lead && i > t.first {
			break
		}
		t.drawTab(p, &t.tabs[i], x, min(w, room), pad, gap)
		x += w + gap
	}
	if t.Adds {
		t.sign(p, x+4, "+", tabAdd)
	}
	if overflow {
		t.sign(p, p.W-46, "‹", tabBack)
		t.sign(p, p.W-24, "›", tabForth)
	}
}

// reveal moves the first tab drawn so that the selected one is in sight.
func (t *TabStrip) reveal(p *Painter, room, pad, gap float32) {
	at := max(t.index(t.selected), 0)
	t.first = min(t.first, at)
	for t.first < at {
		var w float32
		for i := t.first; i <= at; i++ {
			w += t.measure(p, &t.tabs[i]) + 2*pad + gap
		}
		if w <= room {
			break
		}
		t.first++
	}
}

func (t *TabStrip) drawTab(p *Painter, tab *Tab, x, w, pad, gap float32) {
	selected := tab.ID == t.selected
	pos, inside := t.Pointer()
	hover := inside && pos.X >= x-gap/2 && pos.X < x+w+gap/2
	if t.Boxed {
		if selected {
			p.FillRect(x, 0, w, p.H, p.Pal.Panel)
			p.FillRect(x, 0, w, 2, p.Pal.Text(view.Accent))
			p.VLine(x, 0, p.H, p.Pal.Line)
			p.VLine(x+w-1, 0, p.H, p.Pal.Line)
		} else if hover {
			p.FillRect(x, 2, w, p.H-3, p.Pal.Hover)
		}
	} else if selected {
		p.FillRect(x, p.H-2, w, 2, p.Pal.Text(view.Accent))
	}
	if selected && t.Focused() {
		p.RoundRect(x-4, 3, w+8, p.H-7, 4, color.NRGBA{}, 1, withAlpha(p.Pal.Text(view.Accent), percent(60)))
	}
	p.Hit(x-gap/2, 0, w+gap, p.H, tabPart{tab.ID, tabBody})
	st := t.titleStyle(tab)
	if hover && !selected {
		st.Concept = view.Plain
	}
	base := p.H/2 + 4
	tx := x + pad
	room := w - 2*pad
	if tab.Closable {
		room -= 8 + SignSize
	}
	if tab.Count != "" {
		room -= 6 + p.Measure(tab.Count, Sans(11, tab.Concept))
	}
	tx += p.TextEllipsis(tx, base, room+1, tab.Title, st)
	if tab.Count != "" {
		c := tab.Concept
		if c == view.Plain {
			c = view.Dim
		}
		tx += 6 + p.Text(tx+6, base, tab.Count, Sans(11, c))
	}
	if tab.Closable {
		c := view.Dim
		if inside && pos.X >= tx+4 && pos.X < tx+12+SignSize {
			c = view.Plain
			p.RoundRect(tx+4, p.H/2-8, 17, 16, 4, p.Pal.Hover, 0, color.NRGBA{})
		}
		p.Sign(tx+8, p.H/2, SignClose, p.Pal.Text(c))
		p.Hit(tx+4, 4, SignSize+8, p.H-8, tabPart{tab.ID, tabCross})
	}
}

// sign draws a small button and registers it.
func (t *TabStrip) sign(p *Painter, x float32, s string, part uint8) {
	pos, inside := t.Pointer()
	if inside && pos.X >= x && pos.X < x+22 {
		p.RoundRect(x, p.H/2-11, 22, 22, 4, p.Pal.Hover, 0, color.NRGBA{})
	}
	p.TextCenter(x+11, p.H/2+5, s, Sans(14, view.Dim))
	p.Hit(x, 0, 22, p.H, tabPart{part: part})
}
