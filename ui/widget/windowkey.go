package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// windowKey is asked about each key before what has the focus gets it.
var windowKey func(name fyne.KeyName) bool

// OnWindowKey sets who is asked about a key, wherever the cursor is; true keeps the key from what has the focus. It is
// for keys without a modifier, such as F5 and Escape, which the toolkit takes for no shortcut of a menu.
func OnWindowKey(f func(name fyne.KeyName) bool) { windowKey = f }

func takenByWindow(name fyne.KeyName) bool { return windowKey != nil && windowKey(name) }

// TextArea is the stock entry of several lines, which lets the window have its keys.
type TextArea struct{ widget.Entry }

// NewTextArea returns an empty monospace text area that breaks long lines.
func NewTextArea() *TextArea {
	t := &TextArea{}
	t.MultiLine = true
	t.Wrapping = fyne.TextWrapBreak
	t.TextStyle.Monospace = true
	t.ExtendBaseWidget(t)
	return t
}

// TypedKey implements fyne.Focusable.
func (t *TextArea) TypedKey(ev *fyne.KeyEvent) {
	if !takenByWindow(ev.Name) {
		t.Entry.TypedKey(ev)
	}
}
