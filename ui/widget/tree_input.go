package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

func (t *Tree) onPress(tap Tap) {
	if t.bar.holds(tap.Pos) {
		if page := t.bar.press(tap.Pos, t.offset); page != 0 {
			t.place(t.offset + float64(page)*(t.viewHeight()-float64(t.RowHeight)))
		}
		t.Refresh()
	}
}

func (t *Tree) onTap(tap Tap) {
	t.bar.grabbed = false
	if id, ok := tap.Hit.(actionID); ok {
		if t.OnAction != nil {
			t.OnAction(string(id))
		}
		return
	}
	if id, ok := tap.Hit.(choiceID); ok {
		if t.OnChoice != nil {
			t.OnChoice(string(id), tap)
		}
		return
	}
	i := t.rowAt(tap.Pos)
	if i < 0 {
		return
	}
	for i > 0 && t.line(i).Kind == SubtitleRow {
		i-- // a subtitle belongs to the row before it
	}
	if t.line(i).Kind != ItemRow {
		return
	}
	r := t.row(i)
	onTriangle := r.Foldable && tap.Pos.X < textX(r.Depth) && tap.Pos.X > textX(r.Depth)-20
	switch {
	case tap.Button == desktop.MouseButtonSecondary:
		t.choose(i)
		if t.OnMenu != nil {
			t.OnMenu(r.ID, tap)
		}
	case onTriangle:
		t.fold(r, !r.Open)
	default:
		t.choose(i)
		switch {
		case !tap.Double:
			if t.OnClick != nil {
				t.OnClick(r.ID)
			}
		case r.Foldable:
			t.fold(r, !r.Open)
		case t.OnActivate != nil:
			t.OnActivate(r.ID)
		}
	}
}

func (t *Tree) fold(r Row, open bool) {
	if t.OnFold != nil {
		t.OnFold(r.ID, open)
	}
}

// choose selects a row for the user.
func (t *Tree) choose(i int) {
	id := t.row(i).ID
	changed := id != t.selected
	t.selected = id
	t.show(i)
	t.Refresh()
	if changed && t.OnSelect != nil {
		t.OnSelect(id)
	}
}

func (t *Tree) onHover(pos fyne.Position, inside bool) {
	row, bar := -1, false
	if inside {
		row, bar = t.rowAt(pos), t.bar.holds(pos)
		if row >= 0 && t.line(row).Kind != ItemRow {
			row = -1
		}
	}
	if row == t.hover && bar == t.bar.hover {
		return
	}
	moved := row != t.hover
	t.hover, t.bar.hover = row, bar
	t.Refresh()
	if moved && t.OnHoverRow != nil {
		id := ""
		if row >= 0 {
			id = t.row(row).ID
		}
		t.OnHoverRow(id)
	}
}

func (t *Tree) onDrag(d Drag) bool {
	if !t.bar.grabbed {
		if !t.bar.holds(d.Start) || t.bar.press(d.Start, t.offset) != 0 {
			return false
		}
	}
	t.place(t.bar.drag(d.Pos))
	return true
}

func (t *Tree) onDrop() {
	if t.bar.grabbed {
		t.bar.grabbed = false
		t.Refresh()
	}
}

// Scrolled implements fyne.Scrollable.
func (t *Tree) Scrolled(ev *fyne.ScrollEvent) { t.Wheel(ev) }

func (t *Tree) onWheel(_, dy float32, _ fyne.Position) {
	t.place(t.offset - float64(dy)*wheelFactor)
	if pos, inside := t.Pointer(); inside {
		t.onHover(pos, true)
	}
}

func (t *Tree) onKey(name fyne.KeyName, _ fyne.KeyModifier) {
	at := t.index(t.selected)
	page := max(1, int(t.viewHeight()/float64(t.RowHeight))-1)
	switch name {
	case fyne.KeyUp:
		t.move(at, -1, 1)
	case fyne.KeyDown:
		t.move(at, 1, 1)
	case fyne.KeyPageUp:
		t.move(at, -1, page)
	case fyne.KeyPageDown:
		t.move(at, 1, page)
	case fyne.KeyHome:
		t.move(-1, 1, 1)
	case fyne.KeyEnd:
		t.move(t.Len(), -1, 1)
	case fyne.KeyLeft:
		if at < 0 {
			return
		}
		if r := t.row(at); r.Foldable && r.Open {
			t.fold(r, false)
			return
		}
		depth := t.line(at).Depth
		for i := at - 1; i >= 0 && t.line(i).Kind != HeadingRow; i-- {
			if l := t.line(i); l.Kind == ItemRow && l.Depth < depth {
				t.choose(i)
				return
			}
		}
	case fyne.KeyRight:
		if at < 0 {
			return
		}
		r := t.row(at)
		switch {
		case r.Foldable && !r.Open:
			t.fold(r, true)
		case r.Foldable:
			for i := at + 1; i < t.Len() && t.line(i).Kind != HeadingRow; i++ {
				if l := t.line(i); l.Kind == ItemRow {
					if l.Depth > r.Depth {
						t.choose(i)
					}
					return
				}
			}
		}
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if at < 0 {
			return
		}
		if r := t.row(at); r.Foldable && name == fyne.KeySpace {
			t.fold(r, !r.Open)
		} else if t.OnActivate != nil {
			t.OnActivate(r.ID)
		}
	case desktop.KeyMenu:
		if at >= 0 && t.OnMenu != nil {
			t.show(at)
			t.OnMenu(t.selected, Tap{Absolute: t.below(at)})
		}
	}
}

// move selects the item that lies steps items from row at, or the last one on the way.
func (t *Tree) move(at, direction, steps int) {
	if at < 0 && direction < 0 {
		at = t.Len()
	}
	found := -1
	for i := at + direction; i >= 0 && i < t.Len() && steps > 0; i += direction {
		if t.line(i).Kind == ItemRow {
			found = i
			steps--
		}
	}
	if found >= 0 {
		t.choose(found)
	}
}

// below gives the place under a row on the canvas, for its menu.
func (t *Tree) below(i int) fyne.Position {
	_, bottom := t.top(i)
	y := min(max(float32(bottom-t.offset), 0), t.LogicalSize().Height)
	return fyne.CurrentApp().Driver().AbsolutePositionForObject(t.self).AddXY(treeText*zoom(), y*zoom())
}
