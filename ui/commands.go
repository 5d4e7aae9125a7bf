package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// command is something that the user can have done: from the menu, by a key, or by a button. Keys hang
// on menu items, because those work wherever the cursor is.
type command struct {
	menu  string
	title string
	key   fyne.KeyName
	shift bool // Ctrl is always held
	plain bool // no Ctrl: F5 and Escape
	do    func()
}

// commands is every command of the window, in the order of the menus.
func (w *Window) commands() []command {
	b := w.bench
	return []command{
		{menu: "File", title: "Open capture …", key: fyne.KeyO, do: w.openCapture},
		{menu: "File", title: "Save capture …", key: fyne.KeyS, do: w.saveCapture},
		{menu: "File", title: "Paste a message …", key: fyne.KeyV, shift: true, do: w.pasteMessage},
		{menu: "File", title: "Names of options and codes …", key: fyne.KeyN, shift: true, do: w.editNames},
		{menu: "File", title: "Close tab", key: fyne.KeyW, do: func() { b.CloseTab(b.Tab().ID) }},
		{menu: "Request", title: "New request tab", key: fyne.KeyN, do: func() { b.NewTab() }},
		{menu: "Request", title: "Next tab", key: fyne.KeyTab, do: w.nextTab},
		{menu: "Request", title: "Send", key: fyne.KeyReturn, do: w.request.Send},
		{menu: "Request", title: "Repeat", key: fyne.KeyF5, plain: true, do: w.request.Send},
		{menu: "Request", title: "Send many times …", key: fyne.KeyF5, do: w.sendMany},
		{menu: "Request", title: "Observe, or stop observing", key: fyne.KeyE, do: b.Observe},
		{menu: "Request", title: "Add an option", key: fyne.KeyO, shift: true, do: w.request.AddOption},
		{menu: "Request", title: "Write the payload", key: fyne.KeyP, shift: true, do: w.request.EditPayload},
		{menu: "Request", title: "Settings of the message", key: fyne.KeyM, shift: true, do: w.request.EditMessage},
		{menu: "Request", title: "Raw bytes", key: fyne.KeyR, shift: true, do: w.request.EditRaw},
		{menu: "Request", title: "Show its bits as they are typed", key: fyne.KeyI, shift: true, do: b.InspectDraft},
		{menu: "Request", title: "Cancel", key: fyne.KeyEscape, plain: true, do: b.Cancel},
		{menu: "Message", title: "Edit a copy, or show the original", key: fyne.KeyM, do: w.inspector.ToggleEditing},
		{menu: "Message", title: "Undo change", key: fyne.KeyZ, do: w.undo},
		{menu: "Message", title: "Redo change", key: fyne.KeyZ, shift: true, do: w.redo},
		{menu: "Message", title: "Revert all changes", do: w.inspector.Revert},
		{menu: "Message", title: "Send the copy as it is", key: fyne.KeyReturn, shift: true, do: w.sendBytes},
		{menu: "Message", title: "Copy as bug report", do: w.inspector.CopyReport},
		{menu: "Message", title: "Why no answer?", key: fyne.KeyU, do: w.whyNoAnswer},
		{menu: "Devices", title: "Discover", key: fyne.KeyD, do: b.Discover},
		{menu: "Devices", title: "Add a device …", key: fyne.KeyD, shift: true, do: w.devices.Add},
		{menu: "Devices", title: "Start the lab", do: w.startLab},
		{menu: "Devices", title: "Make the network bad …", key: fyne.KeyB, shift: true, do: w.editFaults},
		{menu: "View", title: "Go to the address", key: fyne.KeyL, do: w.bar.FocusAddress},
		{menu: "View", title: "Show the packets", key: fyne.Key1, do: w.packets.ShowPackets},
		{menu: "View", title: "Show the ladder", key: fyne.Key3, do: w.packets.ShowLadder},
		{menu: "View", title: "Show what is wrong with the packets", key: fyne.Key2, do: w.packets.ShowFindings},
		{menu: "View", title: "Show the exchanges", key: fyne.Key4, do: w.packets.ShowExchanges},
		{menu: "View", title: "Go to the packet filter", key: fyne.KeyF, do: w.packets.FocusFilter},
		{menu: "View", title: "Go to the device filter", key: fyne.KeyF, shift: true, do: w.devices.FocusFilter},
		{menu: "View", title: "Fold the devices", key: fyne.KeyB, do: func() { w.left.Fold(!w.left.Folded()) }},
		{menu: "View", title: "Fold the inspector", key: fyne.KeyI, do: func() { w.right.Fold(!w.right.Folded()) }},
		{menu: "View", title: "Compare with the message before", key: fyne.KeyJ, do: w.inspector.ComparePrevious},
		{menu: "View", title: "Compare others with this message", key: fyne.KeyJ, shift: true, do: w.inspector.ComparePinned},
		{menu: "View", title: "Larger", key: fyne.KeyEqual, do: func() { w.zoom(1) }},
		{menu: "View", title: "Smaller", key: fyne.KeyMinus, do: func() { w.zoom(-1) }},
		{menu: "View", title: "Normal size", key: fyne.Key0, do: func() { w.zoom(0) }},
		{menu: "View", title: "Dark, light, or as the system", key: fyne.KeyT, shift: true, do: w.nextMode},
	}
}

// undo, redo and sendBytes are for the bytes that have the focus: those of raw mode, or else those of the inspector.
func (w *Window) undo() {
	if w.request.Raw().Focused() {
		w.request.Raw().Undo()
		return
	}
	w.inspector.Undo()
}

func (w *Window) redo() {
	if w.request.Raw().Focused() {
		w.request.Raw().Redo()
		return
	}
	w.inspector.Redo()
}

func (w *Window) sendBytes() {
	if w.request.Raw().Focused() {
		w.request.Raw().Send()
		return
	}
	w.inspector.Send()
}

// plainKey does the command of a key without Ctrl, and tells whether there is one. A dialog that is open
// keeps such keys to itself; Escape ends it.
func (w *Window) plainKey(name fyne.KeyName) bool {
	if w.dialog != nil {
		if name == fyne.KeyEscape {
			w.dialog.Hide()
		}
		return false
	}
	for _, c := range w.commands() {
		if c.plain && c.key == name {
			c.do()
			return true
		}
	}
	return false
}

// buildMenu makes the main menu of the commands.
func (w *Window) buildMenu() *fyne.MainMenu {
	var menus []*fyne.Menu
	at := map[string]*fyne.Menu{}
	for _, c := range w.commands() {
		item := fyne.NewMenuItem(c.title, func() {
			if w.dialog == nil { // what lies behind a dialog stays as it is
				c.do()
			}
		})
		if c.key != "" {
			var mod fyne.KeyModifier
			if !c.plain {
				mod = fyne.KeyModifierShortcutDefault
			}
			if c.shift {
				mod |= fyne.KeyModifierShift
			}
			item.Shortcut = &desktop.CustomShortcut{KeyName: c.key, Modifier: mod}
		}
		if at[c.menu] == nil {
			at[c.menu] = fyne.NewMenu(c.menu)
			menus = append(menus, at[c.menu])
		}
		at[c.menu].Items = append(at[c.menu].Items, item)
	}
	return fyne.NewMainMenu(menus...)
}
