package panel

import (
	"encoding/base64"
	"fmt"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Rendering shows a payload in one of the ways it can be read. Of a body of a megabyte only the lines
// in sight are drawn, and it is laid out beside the window.
type Rendering struct {
	Object fyne.CanvasObject

	model   view.Rendering
	tabs    *widget.TabStrip
	list    *widget.List
	picture *canvas.Image
	note    *widget.Sheet
	content *fyne.Container
	room    *fyne.Container // of the views, and of what is beside them

	// OnLink opens what the payload refers to, in a new tab with apart; nil where links are not followed.
	OnLink func(uri string, apart bool)
	// OnExtra is called when the extra tab is chosen.
	OnExtra func()

	extra  *widget.Tab // a tab besides the views, nil for none
	beside fyne.CanvasObject
	other  bool // it is chosen

	left   float32 // how far lines are scrolled to the left
	width  float32 // of the longest line drawn
	hover  int     // row under the pointer, -1 for none
	laying int     // views that are being laid out beside the window
	serial int     // counts the views that were shown
}

// NewRendering makes an empty rendering on that surface.
func NewRendering(on widget.Surface) *Rendering {
	p := &Rendering{hover: -1}
	p.tabs = widget.NewTabStrip()
	p.tabs.On = on
	p.tabs.OnSelect = p.choose
	more := widget.NewLink("as ▾", nil)
	more.On = on
	more.Menu = p.others
	more.Hint = "Show the payload as something that it does not say it is"
	p.list = widget.NewList(p)
	p.list.On = on
	p.list.RowHeight = 18
	p.list.Inset = 10
	p.list.Empty = "No payload"
	scroll := p.list.OnWheel
	p.list.OnWheel = func(dx, dy float32, pos fyne.Position) {
		if dx != 0 {
			p.shift(-dx)
		}
		scroll(0, dy, pos)
	}
	p.list.OnRowKey = p.key
	p.list.OnActivate = p.activate
	tap := p.list.OnTap
	p.list.OnTap = func(t widget.Tap) {
		tap(t)
		if row, ok := t.Hit.(foldRow); ok && !t.Double {
			p.toggle(int(row))
		}
		if link, ok := t.Hit.(linkID); ok && !t.Double && t.Button == desktop.MouseButtonPrimary {
			p.OnLink(string(link), t.Modifier&fyne.KeyModifierShortcutDefault != 0)
		}
	}
	p.list.Tip, p.list.PointerAs = p.linkTip, p.linkPointer
	p.list.OnSelect = func(int) { p.note.Refresh() }
	p.list.OnHoverRow = func(row int) {
		p.hover = row
		p.refreshNote()
	}
	p.list.OnMenu = func(_ int, t widget.Tap) { p.menu(t) }
	p.list.OnCopy = func() string {
		if row := p.list.Selected(); row >= 0 {
			return p.model.Row(row).String()
		}
		return p.model.View().String()
	}
	p.picture = canvas.NewImageFromImage(nil)
	p.picture.FillMode = canvas.ImageFillContain
	p.picture.ScaleMode = canvas.ImageScalePixels
	p.picture.Hide()
	p.note = widget.NewSheet(p.drawNote)
	p.note.On = on
	p.note.Min = fyne.NewSize(20, 20)
	p.content = Stacked(1, p.list, p.picture)
	head := container.New(tabRow{}, p.tabs, more)
	p.room = container.NewStack(Stacked(0, padded(p.content, 0, 4, 0, 0), p.note))
	p.Object = Stacked(1, head, p.room)
	return p
}

// SetExtra has a tab behind the views that shows something else of the payload. It may be taken away with nil.
func (p *Rendering) SetExtra(tab *widget.Tab, o fyne.CanvasObject) {
	p.extra = tab
	if p.beside == nil {
		p.beside = o
		p.room.Add(padded(o, 0, 4, 0, 0))
	}
}

// Extra tells whether that is shown.
func (p *Rendering) Extra() bool { return p.extra != nil && p.other }

// Model gives what is shown.
func (p *Rendering) Model() *view.Rendering { return &p.model }

// foldRow is the hit region of the triangle that folds what is inside of a row.
type foldRow int

// Show shows another payload; format is the content format, -1 for none.
func (p *Rendering) Show(format int, data []byte) {
	if p.model.Show(format, data) {
		p.left, p.width, p.hover = 0, 0, -1
		p.lay()
	}
	p.refresh()
}

// choose shows the payload in another way.
func (p *Rendering) choose(name string) {
	if p.other = p.extra != nil && name == p.extra.ID; p.other {
		if p.OnExtra != nil {
			p.OnExtra()
		}
		p.refresh()
		return
	}
	p.model.Choose(name)
	p.left, p.width = 0, 0
	p.list.SetSelected(-1)
	p.list.ScrollTo(0)
	p.lay()
	p.refresh()
}

// layAside is the size from which on a payload is laid out beside the window: smaller ones take less time
// than a frame.
const layAside = 16 << 10

// lay has the view laid out.
func (p *Rendering) lay() {
	p.serial++
	p.laying = 0
	if len(p.model.Data()) < layAside {
		return
	}
	serial, view := p.serial, p.model.View()
	p.laying = serial
	go func() {
		view.Len()
		fyne.Do(func() {
			if p.serial == serial {
				p.laying = 0
				p.refresh()
			}
		})
	}()
}

// others are the views that the payload does not ask for.
func (p *Rendering) others() *fyne.Menu {
	var items []*fyne.MenuItem
	for _, name := range p.model.Others() {
		items = append(items, fyne.NewMenuItem(name, func() { p.choose(name) }))
	}
	return fyne.NewMenu("Show as", items...)
}

// menu offers what can be done with the payload.
func (p *Rendering) menu(t widget.Tap) {
	copies := func(title string, text func() string) *fyne.MenuItem {
		return fyne.NewMenuItem(title, func() { fyne.CurrentApp().Clipboard().SetContent(text()) })
	}
	data := p.model.Data()
	var items []*fyne.MenuItem
	if row := p.list.Selected(); row >= 0 {
		items = append(items, copies("Copy the line", func() string { return p.model.Row(row).String() }))
		if open, foldable := p.model.Foldable(row); foldable {
			title := "Unfold"
			if open {
				title = "Fold"
			}
			items = append(items, fyne.NewMenuItem(title, func() { p.toggle(row) }))
		}
	}
	items = append(items, p.linkItems()...)
	items = append(items,
		copies("Copy all as "+p.model.View().Name, func() string { return p.model.View().String() }),
		copies("Copy as hex", func() string { return fmt.Sprintf("%x", data) }),
		copies("Copy as base64", func() string { return base64.StdEncoding.EncodeToString(data) }),
	)
	if !p.model.Empty() {
		showMenu(p.list, fyne.NewMenu("Payload", items...), t.Absolute)
	}
}

func (p *Rendering) key(name fyne.KeyName) {
	row := p.list.Selected()
	open, foldable := p.model.Foldable(row)
	switch {
	case name == fyne.KeyRight && foldable && !open, name == fyne.KeyLeft && open:
		p.toggle(row)
	case name == fyne.KeyRight:
		p.shift(sideStep)
	case name == fyne.KeyLeft:
		p.shift(-sideStep)
	}
}

// toggle folds what is inside of a row away, or back.
func (p *Rendering) toggle(row int) {
	if open, foldable := p.model.Foldable(row); foldable {
		p.model.SetOpen(row, !open)
		p.list.Refresh()
	}
}

// sideStep is how far a key scrolls long lines.
const sideStep = 60

// shift scrolls lines that are longer than the room.
func (p *Rendering) shift(by float32) {
	p.left = max(0, min(p.left+by, p.width-p.list.LogicalSize().Width+2*sideStep))
	p.list.Refresh()
}

func (p *Rendering) refresh() {
	var tabs []widget.Tab
	for _, v := range p.model.Views {
		tabs = append(tabs, widget.Tab{ID: v.Name, Title: v.Name})
	}
	if p.extra != nil {
		tabs = append(tabs, *p.extra)
	}
	p.tabs.SetTabs(tabs...)
	if p.Extra() {
		p.tabs.Select(p.extra.ID)
	} else if !p.model.Empty() {
		p.tabs.Select(p.model.View().Name)
	}
	for i, o := range p.room.Objects {
		if (i == 1) == p.Extra() {
			o.Show()
		} else {
			o.Hide()
		}
	}
	p.list.Empty = "No payload"
	if p.laying != 0 {
		p.list.Empty = "Laying out …"
	}
	p.showPicture()
	p.refreshNote()
	p.list.Refresh()
}

// showPicture shows the picture that the payload is, below what is said of it.
func (p *Rendering) showPicture() {
	was := p.picture.Visible()
	p.picture.Hide()
	if p.laying == 0 {
		if picture := p.model.View().Image(); picture != nil {
			p.picture.Image = picture
			p.picture.Show()
			p.picture.Refresh()
		}
	}
	p.list.Min = fyne.NewSize(60, 60)
	p.content.Layout = column{0}
	if p.picture.Visible() {
		p.list.Min.Height = float32(min(p.model.Len(), 6))*p.list.RowHeight + 6
		p.content.Layout = column{1}
	}
	if was != p.picture.Visible() || was {
		p.content.Refresh()
	}
}

// noteText gives which bytes the row is that the pointer is on, or else what is to know about the view.
func (p *Rendering) noteText() (string, widget.Style) {
	if p.laying != 0 {
		return "", widget.Style{}
	}
	row := p.hover
	if row < 0 {
		row = p.list.Selected()
	}
	if row >= 0 {
		if text := p.model.Bytes(row); text != "" {
			return text, widget.Mono(11, view.Dim)
		}
	}
	text, concept := p.model.Note()
	return text, widget.Sans(11, concept)
}

func (p *Rendering) refreshNote() {
	visible := p.note.Visible()
	if p.laying == 0 && (p.model.View().Note() != "" || !p.model.Empty()) {
		p.note.Show()
	} else {
		p.note.Hide()
	}
	if visible != p.note.Visible() {
		p.room.Refresh()
	}
	p.note.Refresh()
}

func (p *Rendering) drawNote(g *widget.Painter) {
	text, style := p.noteText()
	g.TextEllipsis(16, 14, g.W-24, text, style)
}

// Len implements widget.ListModel.
func (p *Rendering) Len() int {
	if p.model.Empty() || p.laying != 0 {
		return 0
	}
	return p.model.Len()
}

// Cell implements widget.ListModel.
func (p *Rendering) Cell(row, _ int) widget.Cell {
	return widget.Cell{Text: p.model.Row(row).String()}
}

// monoCell is the width of a monospace character at size 12.
const monoCell = 7.22

// foldRoom is the room for the triangles at the left of views that fold.
const foldRoom = 14

// PaintRow implements widget.RowPainter.
func (p *Rendering) PaintRow(g *widget.Painter, row int, _ bool) {
	x := 6 + foldRoom - p.left
	if open, foldable := p.model.Foldable(row); foldable {
		sign := widget.SignClosed
		if open {
			sign = widget.SignOpen
		}
		g.Sign(2-p.left, g.H/2, sign, g.Pal.Text(view.Dim))
		g.Hit(0, 0, 6+foldRoom, g.H, foldRow(row))
	}
	title := row == 0 && p.model.View().Columns() != nil
	line := p.model.Row(row)
	end := x
	for _, s := range line {
		end += float32(utf8.RuneCountInString(s.Text)) * monoCell
	}
	p.width = max(p.width, end+p.left)
	cut := p.left == 0 && end > g.W
	links := p.links(row)
	for i, s := range line {
		style := widget.Mono(12, view.SpanConcept(s.Kind))
		style.Bold = title
		if len(links) > 0 && links[0].Span <= i {
			links = p.paintLinks(g, x, s.Text, links)
			if x += float32(utf8.RuneCountInString(s.Text)) * monoCell; x > g.W {
				return
			}
			continue
		}
		if width := float32(utf8.RuneCountInString(s.Text)) * monoCell; cut && x+width > g.W-monoCell {
			g.TextEllipsis(x, 13, g.W-x, line[i:].String(), style)
			return
		}
		x += g.Text(x, 13, s.Text, style)
		if x > g.W {
			return
		}
	}
}
