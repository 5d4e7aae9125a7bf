package panel

import (
	"fmt"
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/draft"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// optionEditor shows the options of the request as rows to edit, those that the address makes among them.
type optionEditor struct {
	object fyne.CanvasObject

	p     *Request
	box   *fyne.Container
	view  *container.Scroll
	adder *optionAdder
	rows  []*optionRow
	shown *view.Tab // whose options the rows are
}

// optionRow is an option in a line.
type optionRow struct {
	draft.Row
	object fyne.CanvasObject
	sheet  *widget.Sheet
	entry  *widget.Entry     // nil for one that cannot be edited
	ground *canvas.Rectangle // likewise
}

func newOptionEditor(p *Request) *optionEditor {
	e := &optionEditor{p: p, box: Stacked(-1)}
	e.adder = newOptionAdder(e)
	e.view = container.NewVScroll(padded(e.box, 10, 8, 10, 8))
	e.object = e.view
	return e
}

// refresh shows the options of the draft. Rows stay while only their values change, so that the cursor stays where it is.
func (e *optionEditor) refresh() {
	rows := e.p.draft().Rows(&e.p.built)
	same := e.shown == e.p.bench.Tab() && len(rows) == len(e.rows)
	for i := 0; same && i < len(rows); i++ {
		old := &e.rows[i].Row
		same = rows[i].Number == old.Number && rows[i].Own == old.Own && rows[i].Part == old.Part
	}
	if !same {
		e.shown = e.p.bench.Tab()
		e.rows = e.rows[:0]
		e.box.RemoveAll()
		for _, row := range rows {
			r := &optionRow{Row: row}
			e.rows = append(e.rows, r)
			e.build(r)
			e.box.Add(r.object)
		}
		e.box.Add(e.adder.object)
		e.view.Refresh() // fewer rows may not reach as far as it was scrolled
	}
	for i, r := range e.rows {
		r.Row = rows[i]
		if r.entry == nil {
			continue
		}
		state := widget.NeutralEntry
		if r.Problem != "" {
			state = widget.InvalidEntry
		}
		r.entry.SetState(state)
		r.entry.SetNote(flagText(&r.Row))
		if r.entry.Text() != r.Text {
			r.entry.SetText(r.Text)
		}
	}
	e.redraw()
}

// redraw draws the rows anew.
func (e *optionEditor) redraw() {
	pal, z := widget.CurrentPalette(), widget.CurrentTheme().Zoom()
	for _, r := range e.rows {
		r.sheet.Refresh()
		if r.ground == nil {
			continue
		}
		fill := e.fill(pal, r)
		r.entry.SetGround(fill)
		if r.ground.FillColor != color.Color(fill) {
			r.ground.FillColor, r.ground.CornerRadius = fill, 4*z
			r.ground.Refresh()
		}
	}
}

// fill is the colour of the ground of a row.
func (e *optionEditor) fill(pal *widget.Palette, r *optionRow) color.NRGBA {
	if !e.p.isLit(r.spot()) {
		return pal.Raised
	}
	if r.Place < 0 {
		return pal.Tint(view.Dim, true)
	}
	return pal.Tint(view.OptionConcept(r.Place), true)
}

const optionNameWidth = 128

func (e *optionEditor) build(r *optionRow) {
	r.sheet = widget.NewSheet(func(g *widget.Painter) { e.draw(g, r) })
	r.sheet.On = widget.OnPanel
	r.sheet.Min = fyne.NewSize(80, 26)
	r.sheet.Tip = func(fyne.Position) string { return optionTip(&r.Row) }
	r.sheet.OnHover = func(_ fyne.Position, inside bool) { e.p.light(r.spot(), inside && r.Place >= 0) }
	r.sheet.OnTap = func(t widget.Tap) {
		switch {
		case t.Button == desktop.MouseButtonSecondary:
			e.menu(r, t.Absolute)
		case r.entry != nil:
			r.entry.Focus()
		}
	}
	if !r.Editable() {
		r.object = r.sheet
		return
	}
	r.sheet.Min = fyne.NewSize(optionNameWidth, 26)
	r.entry = widget.NewMonoEntry(draft.Hint(r.Number))
	r.entry.SetText(r.Text)
	r.entry.Flat, r.entry.OnScrolled = true, func(ev *fyne.ScrollEvent) { e.view.Scrolled(ev) }
	r.entry.OnChanged = func(text string) {
		if text != r.Text {
			r.Text = text
			e.p.draft().SetRow(&r.Row, text)
			e.p.changed()
		}
	}
	r.entry.OnFocus = func(on bool) { e.p.light(r.spot(), on && r.Place >= 0) }
	r.entry.OnSubmitted = func(string) { e.adder.focus() }
	r.entry.OnKey = func(name fyne.KeyName) bool { return e.key(r, name) }
	parts := []fyne.CanvasObject{r.sheet, r.entry}
	if choices := draft.Choices(r.Number); len(choices) > 0 {
		choose := widget.NewLink("▾", nil)
		choose.Menu = func() *fyne.Menu { return e.choices(r, choices) }
		choose.On = widget.OnRaised
		choose.Hint = "Values of " + r.Number.String()
		parts = append(parts, choose)
	}
	remove := widget.NewLink("×", func() { e.remove(r) })
	remove.On = widget.OnRaised
	remove.Hint = "Remove this option"
	r.ground = canvas.NewRectangle(color.Transparent)
	r.object = container.New(raisedRow{}, r.ground, container.New(bar{elastic: 1, gap: 0, height: 27}, append(parts, remove)...))
}

// spot is the part of the message that the row is.
func (r *optionRow) spot() view.Spot { return view.Spot{Field: draft.OptionField, Place: r.Place} }

func (e *optionEditor) draw(g *widget.Painter, r *optionRow) {
	concept := view.OptionConcept(max(0, r.Place))
	if r.Place < 0 {
		concept = view.Dim
	}
	if ground := e.fill(g.Pal, r); r.entry == nil {
		g.RoundRect(0, 2, g.W, g.H-4, 4, ground, 0, ground)
	} else { // the left end of the ground that the whole row has
		g.RoundRect(0, 1, g.W+8, g.H-1, 4, ground, 0, ground)
	}
	base := g.H/2 + 4
	g.TextRight(34, base, fmt.Sprint(uint16(r.Number)), widget.Mono(11, view.Dim))
	g.TextEllipsis(44, base, optionNameWidth-48, r.Number.String(), widget.Sans(12, concept))
	if r.Off {
		g.HLine(44, base-4, min(g.Measure(r.Number.String(), widget.Sans(12, concept)), optionNameWidth-48), g.Pal.Text(view.Dim))
	}
	if r.entry != nil {
		return
	}
	room := g.W - optionNameWidth - 8
	if room > 120 {
		room -= 28
		g.TextRight(g.W-10, base, flagText(&r.Row), widget.Mono(10, view.Dim))
	}
	g.TextEllipsis(optionNameWidth, base, room, r.Text, widget.Mono(12, view.Plain))
}

// key lets the cursor go from row to row.
func (e *optionEditor) key(r *optionRow, name fyne.KeyName) bool {
	step := map[fyne.KeyName]int{fyne.KeyUp: -1, fyne.KeyDown: 1}[name]
	if step == 0 {
		return false
	}
	for i := slices.Index(e.rows, r) + step; i >= 0; i += step {
		if i >= len(e.rows) {
			e.adder.focus()
			break
		}
		if e.rows[i].entry != nil {
			e.rows[i].entry.Focus()
			break
		}
	}
	return true
}

func (e *optionEditor) remove(r *optionRow) {
	e.p.draft().RemoveRow(&r.Row)
	e.shown = nil
	e.p.changed()
}

func (e *optionEditor) choices(r *optionRow, choices []draft.Choice) *fyne.Menu {
	var items []*fyne.MenuItem
	for _, c := range choices {
		title := c.Text
		if c.Help != "" {
			title += "   " + c.Help
		}
		items = append(items, fyne.NewMenuItem(title, func() {
			e.p.draft().SetRow(&r.Row, c.Text)
			e.p.changed()
		}))
	}
	return fyne.NewMenu(r.Number.String(), items...)
}

// menu opens what can be done with an option.
func (e *optionEditor) menu(r *optionRow, at fyne.Position) {
	var items []*fyne.MenuItem
	if r.Own >= 0 {
		title := "Leave it out of the message"
		if r.Off {
			title = "Put it into the message"
		}
		items = append(items, fyne.NewMenuItem(title, func() {
			o := &e.p.draft().Options[r.Own]
			o.Off = !o.Off
			e.p.changed()
		}))
	}
	if r.Editable() {
		items = append(items,
			fyne.NewMenuItem("One more "+r.Number.String(), func() { e.add(r) }),
			fyne.NewMenuItem("Remove", func() { e.remove(r) }))
	}
	items = append(items, fyne.NewMenuItem("Copy value", func() { fyne.CurrentApp().Clipboard().SetContent(r.Text) }))
	showMenu(r.sheet, fyne.NewMenu("", items...), at)
}

func (e *optionEditor) add(r *optionRow) { e.focusRow(e.p.draft().AddOption(r.Number)) }

// focusRow puts the cursor into the row with that place among the user's options, or among the parts of the address.
func (e *optionEditor) focusRow(own, part int) {
	e.p.Refresh()
	e.p.changed()
	for _, r := range e.rows {
		if r.entry != nil && (own >= 0 && r.Own == own || part >= 0 && r.Part == part) {
			e.focusEntry(r)
		}
	}
}

func (e *optionEditor) focusEntry(r *optionRow) {
	focusIn(e.view, r.entry.Field())
	r.entry.CursorToEnd()
	fyne.Do(func() { e.reveal(r.object) }) // once it has its place
}

// reveal scrolls until an object in the list can be seen.
func (e *optionEditor) reveal(o fyne.CanvasObject) {
	top, height := o.Position().Y, o.Size().Height
	switch room := e.view.Size().Height; {
	case top < e.view.Offset.Y:
		e.view.ScrollToOffset(fyne.NewPos(0, top))
	case top+height+16 > e.view.Offset.Y+room:
		e.view.ScrollToOffset(fyne.NewPos(0, top+height+16-room))
	}
}

// focusPlace puts the cursor into the option with that place in the message.
func (e *optionEditor) focusPlace(place int) {
	for _, r := range e.rows {
		if r.Place == place && r.entry != nil {
			e.focusEntry(r)
		}
	}
}

// focusOwn puts the cursor into one of the user's options; into the one that is named for none.
func (e *optionEditor) focusOwn(own int) {
	for _, r := range e.rows {
		if r.Own == own && own >= 0 && r.entry != nil {
			e.focusEntry(r)
			return
		}
	}
	e.adder.focus()
}

// flagText gives C for critical and U for unsafe.
func flagText(r *draft.Row) string {
	s := ""
	if r.Number.Critical() {
		s += "C"
	}
	if r.Number.Unsafe() {
		s += "U"
	}
	if r.Off {
		s = "off"
	}
	return s
}

func optionTip(r *draft.Row) string {
	if r.Problem != "" {
		return r.Problem
	}
	kind := "elective"
	if r.Number.Critical() {
		kind = "critical"
	}
	info := r.Number.Lookup(0)
	if info == nil {
		return fmt.Sprintf("Option %d is not registered: %s by its number (RFC 7252 §5.4.6)", uint16(r.Number), kind)
	}
	tip := fmt.Sprintf("%s: %s, %s, %d to %d bytes\n%s", info.Name, kind, info.Format, info.MinLen, info.MaxLen, info.Reference)
	if r.Part >= 0 {
		tip += "\nIt is a part of the address: each edits the other"
	}
	return tip
}
