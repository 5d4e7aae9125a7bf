package panel

import (
	"fyne.io/fyne/v2"

	"coapscope/ui/widget"
)

// walk moves a cursor through the n links of a sheet by a key, which it brings into sight, or turns the page. hit gives the
// region of a link.
func walk(sheet *widget.ScrollSheet, cursor *int, n int, name fyne.KeyName, hit func(int) any) {
	switch room := sheet.LogicalSize().Height; name {
	case fyne.KeyDown:
		*cursor = max(0, min(*cursor+1, n-1))
	case fyne.KeyUp:
		*cursor = max(*cursor-1, 0)
	case fyne.KeyPageDown:
		sheet.ScrollTo(sheet.Offset() + room - 20)
		return
	case fyne.KeyPageUp:
		sheet.ScrollTo(sheet.Offset() - room + 20)
		return
	default:
		return
	}
	sheet.Refresh()
	if pos, size, ok := sheet.HitBox(hit(*cursor)); ok {
		sheet.Reveal(pos.Y+sheet.Offset()-40, size.Height+60)
	}
}
