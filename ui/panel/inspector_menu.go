package panel

import (
	"fyne.io/fyne/v2"

	"coapscope/protocol/dissect"
	"coapscope/ui/view"
)

// copying gives a menu item that copies a text, made when it is chosen.
func (p *Inspector) copying(title string, text func() string) *fyne.MenuItem {
	return fyne.NewMenuItem(title, func() { p.copy(text()) })
}

func (p *Inspector) copy(text string) {
	if text == "" {
		p.bench.Say(view.Warning, "There is nothing to copy")
		return
	}
	fyne.CurrentApp().Clipboard().SetContent(text)
	p.bench.Say(view.Dim, "Copied %s", view.Bytes(len(text)))
}

// menu gives what can be done with what is selected.
func (p *Inspector) menu() *fyne.Menu {
	m := p.model
	if m.Frame == nil {
		return fyne.NewMenu("")
	}
	var items []*fyne.MenuItem
	field := m.Selected()
	if field >= 0 {
		items = append(items,
			p.copying("Copy value", m.CopyValue),
			p.copying("Copy name and value", m.CopyNameAndValue),
		)
	}
	items = append(items,
		p.copying("Copy bytes as hex", m.CopyHex),
		p.copying("Copy bytes as a C array", m.CopyC),
		p.copying("Copy bytes as base64", m.CopyBase64),
	)
	if asks := p.filterItems(field); len(asks) > 0 {
		items = append(append(items, fyne.NewMenuItemSeparator()), asks...)
	}
	items = append(append(items, fyne.NewMenuItemSeparator()), p.editItems(field)...)
	items = append(items, fyne.NewMenuItemSeparator(), p.copying("Copy as bug report", m.Report))
	return fyne.NewMenu("", items...)
}

// filterItems gives what asks for packets with the same value.
func (p *Inspector) filterItems(field int) (items []*fyne.MenuItem) {
	if expr, ok := p.model.AsFilter(field); ok {
		items = append(items,
			p.copying("Copy as filter", func() string { return expr }),
			fyne.NewMenuItem("Apply as filter", func() { p.bench.SetFilter(expr) }),
		)
	}
	if name, ok := p.model.AsColumn(field); ok {
		items = append(items, fyne.NewMenuItem("Add as column", func() { p.bench.AddColumn(name) }))
	}
	return items
}

// editItems gives what changes the message, in a copy of it.
func (p *Inspector) editItems(field int) (items []*fyne.MenuItem) {
	m := p.model
	if field >= 0 && p.canEdit(field) {
		items = append(items, fyne.NewMenuItem("Edit "+m.Tree.Name(field)+" …", p.EditField))
	}
	if !m.Editing() {
		if len(items) == 0 {
			items = append(items, fyne.NewMenuItem("Edit the message …", p.ToggleEditing))
		}
		return items
	}
	do := func(title string, change func()) {
		items = append(items, fyne.NewMenuItem(title, func() {
			change()
			p.changed()
		}))
	}
	if bit, ok := m.SelectedBit(); ok {
		do("Flip the bit", func() { m.FlipBit(bit) })
	}
	if field >= 0 && m.Tree.Fields[field].Kind == dissect.Option {
		do("Remove the option", func() {
			if err := m.RemoveOption(field); err != nil {
				p.bench.Say(view.Error, "%v", err)
			}
		})
	}
	if _, _, ok := m.SelectedBytes(); ok {
		do("Insert a byte before", func() { m.InsertByte(false) })
		do("Insert a byte behind", func() { m.InsertByte(true) })
		do("Delete the bytes", m.DeleteBytes)
	} else {
		do("Add a byte at the end", func() { m.InsertByte(true) })
	}
	return items
}
