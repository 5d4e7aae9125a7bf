package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// keyNames are the keys that the toolkit calls otherwise.
var keyNames = map[string]fyne.KeyName{
	"Enter": fyne.KeyReturn, "Keypad Enter": fyne.KeyEnter, "Esc": fyne.KeyEscape, "Tab": fyne.KeyTab,
	"+": fyne.KeyPlus, "-": fyne.KeyMinus, "=": fyne.KeyEqual, "/": fyne.KeySlash,
}

// shortcut reads a key as commands have it. One with no modifier besides Shift is no shortcut to the toolkit.
func shortcut(key string) (name fyne.KeyName, mod fyne.KeyModifier) {
	for {
		switch {
		case strings.HasPrefix(key, "Ctrl+"):
			key, mod = key[len("Ctrl+"):], mod|fyne.KeyModifierShortcutDefault
			continue
		case strings.HasPrefix(key, "Shift+"):
			key, mod = key[len("Shift+"):], mod|fyne.KeyModifierShift
			continue
		}
		if name, ok := keyNames[key]; ok {
			return name, mod
		}
		return fyne.KeyName(key), mod
	}
}

// bindKeys has the keys of all commands do them, wherever the cursor is. Those of the menu's items do so by themselves; this is for
// their further keys, and for keys without a modifier.
func (w *Window) bindKeys() {
	canvas := w.window.Canvas()
	plain, also := map[fyne.KeyName]view.CommandID{}, map[string]view.CommandID{}
	for _, c := range w.bench.Commands.All() {
		for i, key := range append([]string{c.Key}, c.Also...) {
			name, mod := shortcut(key)
			switch {
			case key == "":
			case mod == 0:
				plain[name] = c.ID
			case i > 0:
				s := &desktop.CustomShortcut{KeyName: name, Modifier: mod}
				also[s.ShortcutName()] = c.ID
				canvas.AddShortcut(s, func(fyne.Shortcut) { w.do(c.ID) })
			}
		}
	}
	// What the toolkit gives names of its own goes to a text that is being edited.
	for s, id := range map[fyne.Shortcut]view.CommandID{&fyne.ShortcutUndo{}: view.CmdUndo, &fyne.ShortcutRedo{}: view.CmdRedo} {
		also[s.ShortcutName()] = id
		canvas.AddShortcut(s, func(fyne.Shortcut) { w.do(id) })
	}
	widget.OnWindowShortcut(func(s fyne.Shortcut) bool {
		id, ok := also[s.ShortcutName()]
		if ok {
			w.do(id)
		}
		return ok
	})
	w.plain = plain
	widget.OnWindowKey(w.plainKey)
	canvas.SetOnTypedKey(func(ev *fyne.KeyEvent) { w.plainKey(ev.Name) })
}

// plainKey does the command of a key without Ctrl, and tells whether there is one that can be done. A dialog that is open
// keeps such keys to itself; Escape ends it.
func (w *Window) plainKey(name fyne.KeyName) bool {
	if w.dialog != nil {
		if name == fyne.KeyEscape {
			w.dialog.Hide()
		}
		return false
	}
	id, ok := w.plain[name]
	if !ok || w.bench.Commands.At(id).Why() != "" {
		return false
	}
	w.do(id)
	return true
}

// do does a command for a key or the menu. What lies behind a dialog stays as it is; the key that opened one closes it.
func (w *Window) do(id view.CommandID) {
	switch {
	case w.dialog == nil:
		w.tips.CloseDropped()
		w.bench.Commands.Do(id)
	case w.dialogOf == id:
		w.dialog.Hide()
	}
}

// menuItem makes an item of a menu of a command.
func (w *Window) menuItem(id view.CommandID) *fyne.MenuItem {
	c := w.bench.Commands.At(id)
	item := fyne.NewMenuItem(c.Title, func() { w.do(id) })
	if c.Key != "" {
		name, mod := shortcut(c.Key)
		item.Shortcut = &desktop.CustomShortcut{KeyName: name, Modifier: mod}
	}
	item.Disabled = c.Why() != ""
	return item
}

// buildMenu makes the main menu of the commands.
func (w *Window) buildMenu() *fyne.MainMenu {
	at := map[string]*fyne.Menu{}
	var menus []*fyne.Menu
	for _, name := range w.bench.Commands.Menus() {
		at[name] = fyne.NewMenu(name)
		menus = append(menus, at[name])
	}
	w.items = make(map[view.CommandID]*fyne.MenuItem)
	for _, c := range w.bench.Commands.All() {
		w.items[c.ID] = w.menuItem(c.ID)
		at[c.Menu].Items = append(at[c.Menu].Items, w.items[c.ID])
	}
	return fyne.NewMainMenu(menus...)
}

// refreshMenu dims what cannot be done just now, for when a menu is opened next.
func (w *Window) refreshMenu() {
	for id, item := range w.items {
		item.Disabled = w.bench.Commands.At(id).Why() != ""
	}
}
