package panel

import (
	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"
)

// showMenu shows a menu at a place of the window that an object is in. One without items is not shown.
func showMenu(on fyne.CanvasObject, menu *fyne.Menu, at fyne.Position) {
	if menu == nil || len(menu.Items) == 0 {
		return
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(on); c != nil {
		fynewidget.ShowPopUpMenuAtPosition(menu, c, at)
	}
}
