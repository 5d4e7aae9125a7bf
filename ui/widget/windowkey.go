package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

var (
	windowKey      func(name fyne.KeyName) bool
	windowShortcut func(s fyne.Shortcut) bool
)

// OnWindowKey sets who is asked about a key, wherever the cursor is; true keeps the key from what has the focus. It is
// for keys without a modifier, such as F5 and Escape, which the toolkit takes for no shortcut of a menu.
func OnWindowKey(f func(name fyne.KeyName) bool) { windowKey = f }

// OnWindowShortcut sets who is asked about a shortcut that no item of the menu has, wherever the cursor is; true keeps it from what
// has the focus. It is for the second key of a command: an item of a menu has but one.
func OnWindowShortcut(f func(s fyne.Shortcut) bool) { windowShortcut = f }

func takenByWindow(name fyne.KeyName) bool { return windowKey != nil && windowKey(name) }

// shortcutTaken asks about a shortcut that a text has no use for. Those that the toolkit has names for, such as Undo, are for the text.
func shortcutTaken(s fyne.Shortcut) bool {
	_, custom := s.(*desktop.CustomShortcut)
	return custom && windowShortcut != nil && windowShortcut(s)
}

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

// SpanEntry lets [Spans] read the text.
func (t *TextArea) SpanEntry() *widget.Entry { return &t.Entry }

// TypedKey implements fyne.Focusable.
func (t *TextArea) TypedKey(ev *fyne.KeyEvent) {
	if !takenByWindow(ev.Name) {
		t.Entry.TypedKey(ev)
	}
}

// TypedShortcut implements fyne.Shortcutable.
func (t *TextArea) TypedShortcut(s fyne.Shortcut) {
	if !shortcutTaken(s) {
		t.Entry.TypedShortcut(s)
	}
}
