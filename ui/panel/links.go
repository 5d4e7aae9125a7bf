package panel

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// linkID is the hit region of a link in a payload: its URI.
type linkID string

// links gives the links of a row, where they are followed.
func (p *Rendering) links(row int) []view.RowLink {
	if p.OnLink == nil {
		return nil
	}
	return p.model.Links(row)
}

// linkStyle is that of text which is a link; it is underlined as well.
var linkStyle = widget.Mono(12, view.Accent)

// paintLinks draws the text of a span that has links, at x, and gives the links of the spans after it.
func (p *Rendering) paintLinks(g *widget.Painter, x float32, text string, links []view.RowLink) []view.RowLink {
	span, done := links[0].Span, 0
	draw := func(part string, style widget.Style) float32 {
		width := float32(utf8.RuneCountInString(part)) * monoCell
		if x+width > g.W && x < g.W && p.left == 0 {
			g.TextEllipsis(x, 13, g.W-x, part, style)
		} else {
			g.Text(x, 13, part, style)
		}
		return width
	}
	for len(links) > 0 && links[0].Span == span {
		l := links[0]
		links = links[1:]
		x += draw(text[done:l.From], widget.Mono(12, view.Dim))
		width := draw(text[l.From:l.To], linkStyle)
		g.HLine(x, 15, min(width, g.W-x), g.Pal.Border(view.Accent, false))
		g.Hit(x, 0, width, g.H, linkID(l.URI))
		x += width
		done = l.To
	}
	draw(text[done:], widget.Mono(12, view.Dim))
	return links
}

func (p *Rendering) linkTip(pos fyne.Position) string {
	if uri, ok := p.list.HitAt(pos).(linkID); ok {
		return "GET " + string(uri) + "\nWith Ctrl in a new tab"
	}
	return ""
}

func (p *Rendering) linkPointer(pos fyne.Position) desktop.Cursor {
	if _, ok := p.list.HitAt(pos).(linkID); ok {
		return desktop.PointerCursor
	}
	return nil
}

// activate folds a row or unfolds it, or else opens its first link.
func (p *Rendering) activate(row int) {
	if _, foldable := p.model.Foldable(row); foldable {
		p.toggle(row)
	} else if links := p.links(row); len(links) > 0 {
		p.OnLink(links[0].URI, false)
	}
}

// linkItems are the menu's entries for the links of the selected row.
func (p *Rendering) linkItems() (items []*fyne.MenuItem) {
	for _, l := range p.links(p.list.Selected()) {
		short := l.URI
		if r := []rune(short); len(r) > 60 {
			short = string(r[:30]) + "…" + strings.TrimSpace(string(r[len(r)-29:]))
		}
		items = append(items,
			fyne.NewMenuItem("GET "+short+" in a new tab", func() { p.OnLink(l.URI, true) }),
			fyne.NewMenuItem("Copy "+short, func() { fyne.CurrentApp().Clipboard().SetContent(l.URI) }))
	}
	return items
}
