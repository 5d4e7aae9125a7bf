package panel

import (
	"cmp"
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// optionRow is an option of the request in a line: from the address, or one to edit.
type optionRow struct {
	object  fyne.CanvasObject
	number  protocol.OptionNumber
	value   string // of one from the address
	index   int    // in Draft.Options; -1 for one from the address
	place   int    // among all options, for the colour
	problem string
	sheet   *widget.Sheet
	entry   *widget.Entry
}

// refreshOptions shows the options as rows. Rows stay while only their values change, so that the
// cursor stays where it is.
func (p *Request) refreshOptions(b *draft.Built) {
	d, problems := p.draft(), b.Problems
	rows := rowsOf(d, b)
	same := p.shown == p.bench.Tab() && len(rows) == len(p.rows)
	for i := 0; same && i < len(rows); i++ {
		same = rows[i].number == p.rows[i].number && rows[i].index == p.rows[i].index
	}
	if !same {
		p.shown, p.rows = p.bench.Tab(), rows
		p.options.RemoveAll()
		for _, r := range rows {
			p.build(r)
			p.options.Add(r.object)
		}
		p.options.Add(container.NewHBox(p.adder()))
	}
	for i, r := range p.rows {
		r.value, r.place, r.problem = rows[i].value, rows[i].place, ""
		for _, problem := range problems {
			if problem.Option == r.index && r.index >= 0 {
				r.problem = problem.Text
			}
		}
		r.sheet.Refresh()
		if r.entry != nil {
			state := widget.NeutralEntry
			if r.problem != "" {
				state = widget.InvalidEntry
			}
			r.entry.SetState(state)
			if text := d.Options[r.index].Text; r.entry.Text() != text {
				r.entry.SetText(text)
			}
		}
	}
}

// rowsOf gives the rows in the order of the message. An option whose value is wrong is not in the
// message, and stands where it will be: a row must not move away from the cursor while it is typed.
func rowsOf(d *draft.Draft, b *draft.Built) (rows []*optionRow) {
	used := make([]bool, len(d.Options))
	for i, o := range b.Request.Message.Options {
		rows = append(rows, &optionRow{number: o.Number, value: draft.OptionText(o), index: b.Own[i]})
		if b.Own[i] >= 0 {
			used[b.Own[i]] = true
		}
	}
	for j, own := range d.Options {
		if !used[j] {
			rows = append(rows, &optionRow{number: own.Number, index: j})
		}
	}
	slices.SortStableFunc(rows, func(a, b *optionRow) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.index, b.index))
	})
	for i, r := range rows {
		r.place = i
	}
	return rows
}

const optionNameWidth = 128

func (p *Request) build(r *optionRow) {
	r.sheet = widget.NewSheet(func(g *widget.Painter) {
		concept := view.OptionConcept(r.place)
		g.RoundRect(0, 2, g.W, g.H-4, 4, g.Pal.Raised, 0, g.Pal.Raised)
		base := g.H/2 + 4
		g.TextRight(34, base, fmt.Sprint(uint16(r.number)), widget.Mono(11, view.Dim))
		g.TextEllipsis(44, base, optionNameWidth-48, r.number.String(), widget.Sans(12, concept))
		if r.index < 0 {
			room := g.W - optionNameWidth - 8
			if room > 120 {
				room -= 28
				g.TextRight(g.W-10, base, flagText(r.number), widget.Mono(10, view.Dim))
			}
			g.TextEllipsis(optionNameWidth, base, room, r.value, widget.Mono(12, view.Plain))
		}
	})
	r.sheet.On = widget.OnPanel
	r.sheet.Min = fyne.NewSize(80, 27)
	r.sheet.Tip = func(fyne.Position) string { return optionTip(r) }
	if r.index < 0 {
		r.object = r.sheet
		return
	}
	r.sheet.Min = fyne.NewSize(optionNameWidth, 27)
	r.entry = widget.NewMonoEntry(placeholder(r.number))
	r.entry.SetText(p.draft().Options[r.index].Text)
	r.entry.OnChanged = func(text string) {
		if d := p.draft(); r.index < len(d.Options) {
			d.Options[r.index].Text = text
			p.changed()
		}
	}
	remove := widget.NewLink("×", func() {
		if d := p.draft(); r.index < len(d.Options) {
			d.Options = append(d.Options[:r.index:r.index], d.Options[r.index+1:]...)
			p.shown = nil
			p.changed()
		}
	})
	remove.Hint = "Remove this option"
	r.object = container.New(bar{elastic: 1, gap: 0, height: 30}, r.sheet, r.entry, remove)
}

// flagText gives C for critical and U for unsafe.
func flagText(n protocol.OptionNumber) string {
	s := ""
	if n.Critical() {
		s += "C"
	}
	if n.Unsafe() {
		s += "U"
	}
	return s
}

func optionTip(r *optionRow) string {
	if r.problem != "" {
		return r.problem
	}
	info := r.number.Lookup(protocol.GET)
	if info == nil {
		return fmt.Sprintf("Option %d is not registered", uint16(r.number))
	}
	kind := "elective"
	if r.number.Critical() {
		kind = "critical"
	}
	return fmt.Sprintf("%s: %s, %s, %d to %d bytes\n%s", info.Name, kind, info.Format, info.MinLen, info.MaxLen, info.Reference)
}

func placeholder(n protocol.OptionNumber) string {
	info := n.Lookup(protocol.GET)
	if info == nil {
		return "text, or 0x…"
	}
	switch info.Format {
	case protocol.FormatUint:
		switch n {
		case protocol.Accept, protocol.ContentFormatOption:
			return "60, or application/cbor"
		case protocol.Block1, protocol.Block2:
			return "number/more/size, such as 0/0/256"
		}
		return "a number"
	case protocol.FormatEmpty:
		return "no value"
	case protocol.FormatString:
		return "text"
	}
	return "text, or 0x…"
}

// adder is the link that adds an option, from the registry's rows for requests.
func (p *Request) adder() fyne.CanvasObject {
	link := widget.NewLink("+ add option", nil)
	link.Menu = func() *fyne.Menu {
		var items []*fyne.MenuItem
		for _, row := range protocol.OptionTable() {
			if row.In&protocol.InRequest == 0 || draft.OwnedByEngine(row.Number) {
				continue
			}
			items = append(items, fyne.NewMenuItem(fmt.Sprintf("%d  %s", row.Number, row.Name), func() { p.AddOption(row.Number) }))
		}
		return fyne.NewMenu("Option", items...)
	}
	return link
}

// AddOption adds an option without value and puts the cursor into it.
func (p *Request) AddOption(n protocol.OptionNumber) {
	d := p.draft()
	d.Options = append(d.Options, draft.Option{Number: n})
	index := len(d.Options) - 1
	p.Refresh()
	for _, r := range p.rows {
		if r.index == index && r.entry != nil {
			fyne.Do(r.entry.Focus) // once the menu is gone, which has the focus until then
		}
	}
	p.changed()
}
