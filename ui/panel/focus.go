package panel

import (
	"fyne.io/fyne/v2"
)

// focusIn has keys go to something in the panel: at once, so that the next key goes there, and once more when what is
// under way is done, since a menu gives the focus back when it closes. The panel is known to the window; what was made
// just now is not yet.
func focusIn(panel fyne.CanvasObject, f fyne.Focusable) {
	canvas := fyne.CurrentApp().Driver().CanvasForObject(panel)
	if canvas == nil {
		return
	}
	canvas.Focus(f)
	fyne.Do(func() {
		if canvas.Focused() == nil {
			canvas.Focus(f)
		}
	})
}
