package panel

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// check is a line that is on or off.
type check struct {
	text   string
	note   string // behind it
	on     bool
	mark   bool // that it is to be thought about
	toggle func()
}

// checks is a list of lines that are on or off: by a click, or by Up, Down and Space.
type checks struct {
	widget.Sheet
	rows []check
	note float32 // where the notes begin
	at   int     // the row that keys are for
}

// Measures of checks.
const (
	checkRow  = 24
	checkBox  = 14
	checkText = 24
)

func newChecks(note float32) *checks {
	c := &checks{note: note}
	c.Init(c)
	c.On, c.Draw = widget.OnPanel, c.draw
	c.OnTap = func(t widget.Tap) {
		if i, ok := t.Hit.(int); ok && t.Button == desktop.MouseButtonPrimary {
			c.at = i
			c.rows[i].toggle()
		}
	}
	c.OnHover = func(fyne.Position, bool) { c.Refresh() }
	c.OnFocus = func(bool) { c.Refresh() }
	c.OnKey = func(name fyne.KeyName, _ fyne.KeyModifier) {
		switch name {
		case fyne.KeyUp:
			c.at = max(0, c.at-1)
		case fyne.KeyDown:
			c.at = min(len(c.rows)-1, c.at+1)
		case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
			if c.at < len(c.rows) {
				c.rows[c.at].toggle()
			}
		}
		c.Refresh()
	}
	c.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if c.HitAt(pos) != nil {
			return desktop.PointerCursor
		}
		return desktop.DefaultCursor
	}
	return c
}

// set shows other lines, and tells whether there are more or fewer than before.
func (c *checks) set(rows []check) (resized bool) {
	resized = len(rows) != len(c.rows)
	c.rows, c.at = rows, max(0, min(c.at, len(rows)-1))
	c.Min = fyne.NewSize(60, float32(len(rows))*checkRow)
	c.Sheet.Refresh()
	return resized
}

func (c *checks) draw(g *widget.Painter) {
	pos, inside := c.Pointer()
	for i, r := range c.rows {
		y := float32(i) * checkRow
		if inside && pos.Y >= y && pos.Y < y+checkRow {
			g.RoundRect(0, y, g.W, checkRow, 4, g.Pal.Hover, 0, color.NRGBA{})
		}
		if c.Focused() && i == c.at {
			g.RoundRect(0, y, g.W, checkRow, 4, color.NRGBA{}, 1, g.Pal.Border(view.Accent, false))
		}
		box := y + (checkRow-checkBox)/2
		if r.on {
			g.RoundRect(4, box, checkBox, checkBox, 3, g.Pal.Text(view.Accent), 0, color.NRGBA{})
			g.Line(7, box+7, 10, box+10, 1.6, g.Pal.OnFilled)
			g.Line(10, box+10, 15, box+4, 1.6, g.Pal.OnFilled)
		} else {
			g.RoundRect(4, box, checkBox, checkBox, 3, g.Pal.Ground, 1, g.Pal.Text(view.Faint))
		}
		concept := view.Plain
		if !r.on {
			concept = view.Dim
		}
		g.TextEllipsis(checkText, y+16, c.note-checkText-6, r.text, widget.Mono(12, concept))
		x, room := c.note, g.W-c.note-6
		style := widget.Sans(12, view.Dim)
		if r.mark && r.on {
			style = widget.Sans(12, view.Warning)
			x += g.Text(x, y+16, "▲ ", widget.Mono(11, view.Warning))
			room -= x - c.note
		}
		g.TextEllipsis(x, y+16, room, r.note, style)
		g.Hit(0, y, g.W, checkRow, i)
	}
}
