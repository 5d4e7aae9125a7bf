package panel

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

func (p *Inspector) buildBits() {
	p.bits = widget.NewScrollSheet(p.drawBits)
	p.bits.On = widget.OnPanel
	p.bits.Min = fyne.NewSize(60, 60)
	p.bits.OnHover = p.hover
	p.bits.OnTap = p.tap
	p.bits.OnKey = p.key
	p.bits.OnRune = p.typed
	p.bits.OnTab = p.tab
	p.bits.OnShortcut = p.shortcut
	p.bits.OnCopy = p.copied
	wheel := p.bits.OnWheel
	p.bits.OnWheel = func(dx, dy float32, pos fyne.Position) {
		wheel(dx, dy, pos)
		p.entry.follow()
	}
	p.bits.OnDrag = p.drag
	drop := p.bits.OnDrop
	p.bits.OnDrop = func() {
		p.dragged = false
		drop()
	}
	p.bits.PointerAs = func(pos fyne.Position) desktop.Cursor {
		switch p.bits.HitAt(pos).(type) {
		case moreID, widthID, foldID:
			return desktop.PointerCursor
		}
		return nil
	}
}

// fieldOf gives the field that a hit region stands for.
func (p *Inspector) fieldOf(id any) int {
	switch id := id.(type) {
	case bitID:
		return p.model.UnitAt(int(id))
	case byteID:
		return p.model.UnitAt(int(id) * 8)
	case fieldID:
		return int(id)
	case foldID:
		return int(id)
	}
	return -1
}

func (p *Inspector) hover(pos fyne.Position, inside bool) {
	var id any
	if inside {
		id = p.bits.HitAt(pos)
	}
	changed := false
	switch id := id.(type) {
	case cardID:
		return // what is explained stays
	case bitID:
		changed = p.model.HoverBit(int(id))
	case byteID:
		changed = p.model.HoverBit(int(id) * 8)
	default:
		changed = p.model.Hover(p.fieldOf(id))
	}
	if changed {
		p.bits.Refresh()
	}
}

func (p *Inspector) tap(t widget.Tap) {
	switch id := t.Hit.(type) {
	case widthID:
		p.SetColumns(int(id))
		return
	case moreID:
		p.unfold(int(id))
		return
	case cardID:
		if t.Button == desktop.MouseButtonSecondary {
			showMenu(p.Object, p.menu(), t.Absolute)
		}
		return
	}
	p.bits.RequestFocus()
	if t.Button == desktop.MouseButtonSecondary {
		if !p.onSelection(t.Hit) {
			p.pick(t)
		}
		p.bits.Refresh()
		showMenu(p.Object, p.menu(), t.Absolute)
		return
	}
	p.pick(t)
	switch id := t.Hit.(type) {
	case foldID:
		p.model.SetOpen(int(id), !p.model.IsOpen(int(id)))
	case bitID:
		if t.Double && p.model.Editing() {
			p.model.FlipBit(int(id))
			p.changed()
		}
	case fieldID:
		switch {
		case t.Double && p.model.Editing() && p.canEdit(int(id)):
			p.bits.Refresh()
			p.EditField()
			return
		case t.Double:
			p.model.SetOpen(int(id), !p.model.IsOpen(int(id)))
		}
	}
	p.bits.Refresh()
}

// pick selects what was clicked, and nothing for a click on nothing.
func (p *Inspector) pick(t widget.Tap) {
	switch id := t.Hit.(type) {
	case bitID:
		p.section = inGrid
		p.model.SelectBit(int(id))
	case byteID:
		p.section = inBytes
		if t.Modifier&fyne.KeyModifierShift != 0 {
			p.model.ExtendTo(int(id))
		} else {
			p.model.SelectByte(int(id))
		}
	case fieldID, foldID:
		p.section = inFields
		p.model.Select(p.fieldOf(id))
	default:
		p.model.Select(-1)
	}
}

// onSelection tells whether a place is part of what is selected already.
func (p *Inspector) onSelection(id any) bool {
	bit := -1
	switch id := id.(type) {
	case byteID:
		return p.model.InRange(int(id))
	case bitID:
		bit = int(id)
	case fieldID:
		return int(id) == p.model.Selected()
	}
	at, ok := p.model.SelectedBit()
	return ok && at == bit
}

func (p *Inspector) unfold(leaf int) {
	for _, c := range p.model.Grid(p.columns) {
		if c.Field == leaf && c.Hidden > 0 {
			p.model.Unfold(leaf)
			p.bits.Refresh()
			return
		}
	}
	p.model.FoldBits(leaf)
	p.bits.Refresh()
}

func (p *Inspector) drag(d widget.Drag) bool {
	if !p.dragged {
		if p.bits.Drag(d) {
			p.entry.follow()
			return true
		}
		start, ok := p.bits.HitAt(d.Start).(byteID)
		if !ok {
			return false
		}
		p.dragged, p.section = true, inBytes
		p.model.SelectByte(int(start))
	}
	switch room := p.bits.LogicalSize().Height; {
	case d.Pos.Y < 0:
		p.bits.ScrollTo(p.bits.Offset() - 2*byteRow)
	case d.Pos.Y > room:
		p.bits.ScrollTo(p.bits.Offset() + 2*byteRow)
	}
	p.model.ExtendTo(p.byteAt(d.Pos))
	p.model.Hover(-1)
	p.bits.Refresh()
	return true
}

// tab goes from drawing to drawing.
func (p *Inspector) tab(back bool) bool {
	switch {
	case back && p.section > inGrid:
		p.section--
	case !back && p.section < inBytes:
		p.section++
	default:
		return false
	}
	p.model.Hover(-1)
	p.revealCursor()
	p.bits.Refresh()
	return true
}

// key does what keys do in the drawing that has them.
func (p *Inspector) key(name fyne.KeyName, mod fyne.KeyModifier) {
	if p.model.Frame == nil {
		return
	}
	p.model.Hover(-1)
	switch {
	case name == desktop.KeyMenu, name == fyne.KeyF10 && mod&fyne.KeyModifierShift != 0:
		showMenu(p.Object, p.menu(), p.cursorOnCanvas())
		return
	case name == fyne.KeyReturn, name == fyne.KeyEnter, name == fyne.KeyF2:
		p.EditField()
		return
	case name == fyne.KeySpace && p.section == inGrid && p.model.Editing():
		if bit, ok := p.model.SelectedBit(); ok {
			p.model.FlipBit(bit)
			p.changed()
		}
		return
	case p.model.Editing() && p.editKey(name):
		p.changed()
		p.revealCursor()
		return
	}
	switch p.section {
	case inGrid:
		p.gridKey(name)
	case inFields:
		p.fieldKey(name)
	case inBytes:
		p.byteKey(name, mod)
	}
	p.revealCursor()
	p.bits.Refresh()
}

// editKey does the keys that change the edited message, and tells whether it was one.
func (p *Inspector) editKey(name fyne.KeyName) bool {
	if p.section == inFields {
		return false
	}
	switch name {
	case fyne.KeyInsert:
		p.model.InsertByte(false)
	case fyne.KeyDelete:
		p.model.DeleteBytes()
	case fyne.KeyBackspace:
		if from, _, ok := p.model.SelectedBytes(); ok && from > 0 {
			p.model.SelectByte(from - 1)
			p.model.DeleteBytes()
			if from > 1 {
				p.model.SelectByte(from - 1)
			}
		}
	default:
		return false
	}
	p.section = inBytes
	return true
}

// typed overwrites what is selected: a bit with 0 or 1, a byte with hex digits.
func (p *Inspector) typed(r rune) {
	if !p.model.Editing() {
		return
	}
	bit, isBit := p.model.SelectedBit()
	switch {
	case p.section == inGrid && isBit && (r == '0' || r == '1'):
		p.model.SetBit(bit, r == '1')
		p.model.MoveBits(1)
	case p.section == inBytes && p.model.TypeHex(r):
	default:
		return
	}
	p.changed()
	p.revealCursor()
}

func (p *Inspector) shortcut(sc fyne.Shortcut) {
	switch sc.(type) {
	case *fyne.ShortcutUndo:
		p.Undo()
	case *fyne.ShortcutRedo:
		p.Redo()
	case *fyne.ShortcutSelectAll:
		p.section = inBytes
		p.model.SelectAll()
		p.bits.Refresh()
	}
}

func (p *Inspector) gridKey(name fyne.KeyName) {
	m := p.model
	if m.Cursor() < 0 {
		m.SelectBit(0)
		return
	}
	if _, isBit := m.SelectedBit(); !isBit {
		m.SelectBit(m.Cursor())
	}
	page := max(1, int(p.bits.LogicalSize().Height/gridRow)-2)
	switch name {
	case fyne.KeyRight:
		m.MoveBits(1)
	case fyne.KeyLeft:
		m.MoveBits(-1)
	case fyne.KeyDown:
		m.MoveRows(1)
	case fyne.KeyUp:
		m.MoveRows(-1)
	case fyne.KeyPageDown:
		m.MoveRows(page)
	case fyne.KeyPageUp:
		m.MoveRows(-page)
	case fyne.KeyHome:
		m.MoveToEdge(false)
	case fyne.KeyEnd:
		m.MoveToEdge(true)
	}
}

func (p *Inspector) byteKey(name fyne.KeyName, mod fyne.KeyModifier) {
	m, n := p.model, len(p.model.Tree.Bytes)
	if m.Cursor() < 0 {
		m.SelectByte(0)
		return
	}
	at, row := m.Cursor()/8, max(1, p.bytes.perRow)
	page := max(1, int(p.bits.LogicalSize().Height/byteRow)-5)
	switch name {
	case fyne.KeyRight:
		at++
	case fyne.KeyLeft:
		at--
	case fyne.KeyDown:
		if at+row < n {
			at += row
		}
	case fyne.KeyUp:
		if at >= row {
			at -= row
		}
	case fyne.KeyPageDown:
		at += page * row
	case fyne.KeyPageUp:
		at -= page * row
	case fyne.KeyHome:
		at -= at % row
	case fyne.KeyEnd:
		at += row - 1 - at%row
	default:
		return
	}
	if mod&fyne.KeyModifierShift != 0 {
		m.ExtendTo(at)
	} else {
		m.SelectByte(at)
	}
}

func (p *Inspector) fieldKey(name fyne.KeyName) {
	m := p.model
	at, last := m.RowOf(m.Selected()), m.RowCount()-1
	page := max(1, int(p.bits.LogicalSize().Height/fieldRow)-5)
	field := m.Selected()
	switch name {
	case fyne.KeyDown:
		at++
	case fyne.KeyUp:
		at--
	case fyne.KeyPageDown:
		at += page
	case fyne.KeyPageUp:
		at -= page
	case fyne.KeyHome:
		at = 0
	case fyne.KeyEnd:
		at = last
	case fyne.KeyLeft:
		if field < 0 {
			return
		}
		if !m.Tree.IsLeaf(field) && m.IsOpen(field) {
			m.SetOpen(field, false)
		} else if up := int(m.Tree.Fields[field].Parent); up >= 0 {
			m.Select(up)
		}
		return
	case fyne.KeyRight:
		switch {
		case field < 0 || m.Tree.IsLeaf(field):
		case !m.IsOpen(field):
			m.SetOpen(field, true)
		default:
			m.Select(field + 1)
		}
		return
	default:
		return
	}
	if last >= 0 {
		m.Select(m.RowField(max(0, min(at, last))))
	}
}

// place gives where the selection is drawn in the drawing that has the keys, in units of the content.
func (p *Inspector) place() (y, h float32, ok bool) {
	m := p.model
	switch p.section {
	case inGrid:
		if p.columns > 0 {
			m.Grid(p.shape(p.bits.LogicalSize().Width).columns)
		}
		if row := m.GridRowOf(m.Cursor()); row >= 0 {
			return p.gridAt + float32(row)*gridRow, gridRow, true
		}
	case inFields:
		if row := m.RowOf(m.Selected()); row >= 0 {
			return p.fieldsAt() + float32(row)*fieldRow, fieldRow, true
		}
	case inBytes:
		if m.Cursor() >= 0 && p.bytes.perRow > 0 {
			return p.bytesTop() + float32(m.Cursor()/8/p.bytes.perRow)*byteRow, byteRow, true
		}
	}
	return 0, 0, false
}

// revealCursor brings the selection into sight, beside the card.
func (p *Inspector) revealCursor() {
	y, h, ok := p.place()
	if !ok {
		return
	}
	room := p.cardHeight + 10
	if p.lead != nil {
		room = 24
	}
	if p.section == inGrid {
		p.bits.Reveal(max(0, y-4), h+room)
	} else {
		p.bits.Reveal(y-room, h+room+4)
	}
	p.entry.follow()
}

// cursorOnCanvas gives the place of the selection for a menu.
func (p *Inspector) cursorOnCanvas() fyne.Position {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(p.bits)
	y, h, _ := p.place()
	z := widget.CurrentTheme().Zoom()
	return at.AddXY(60*z, max(0, min(y+h-p.bits.Offset(), p.bits.LogicalSize().Height))*z)
}

// copied gives what Ctrl+C copies: selected bytes as hex, a field with its name, or else the whole
// message as hex.
func (p *Inspector) copied() string {
	if p.section == inBytes || p.model.Selected() < 0 {
		return p.model.CopyHex()
	}
	return p.model.CopyNameAndValue()
}

// ToggleEditing goes to a copy of the message that can be changed, or back to the frame.
func (p *Inspector) ToggleEditing() {
	if p.model.Frame == nil {
		p.bench.Say(view.Warning, "Select a packet to edit a copy of it")
		return
	}
	on := !p.model.Editing()
	p.model.SetEditing(on)
	if on {
		p.show("bits")
		p.bits.RequestFocus()
	}
	p.changed()
}

// Undo takes back the last change of the edited message.
func (p *Inspector) Undo() {
	p.model.Undo()
	p.changed()
}

// Redo makes the change again that was taken back.
func (p *Inspector) Redo() {
	p.model.Redo()
	p.changed()
}

// Revert forgets the changes of the edited message.
func (p *Inspector) Revert() {
	if p.model.Editing() {
		p.model.Revert()
		p.changed()
	}
}

// Send sends the edited message as it is.
func (p *Inspector) Send() {
	p.entry.commit()
	p.bench.SendEdited()
}
