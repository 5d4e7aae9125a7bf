package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// declared gives the values of all constants of the type CommandID.
func declared(t *testing.T) (ids []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "view/command.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "CommandID" {
			for _, v := range spec.Values {
				id, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, id)
			}
		}
		return true
	})
	return ids
}

// Two commands on one key would make one of them unreachable, silently.
func TestEveryCommandIsWhole(t *testing.T) {
	w, _ := window(t)
	ids, keys, titles := []string{}, map[string]view.CommandID{}, map[string]bool{}
	for _, c := range w.bench.Commands.All() {
		ids = append(ids, string(c.ID))
		if c.Menu == "" || c.Title == "" || c.Help == "" || c.Do == nil || titles[c.Title] {
			t.Errorf("%s is not whole, or its title is another's: %+v", c.ID, c)
		}
		titles[c.Title] = true
		for _, key := range append([]string{c.Key}, c.Also...) {
			if key == "" {
				continue
			}
			name, mod := shortcut(key)
			of := (&desktop.CustomShortcut{KeyName: name, Modifier: mod}).ShortcutName()
			if other := keys[of]; other != "" {
				t.Errorf("%s is for %s and %s", key, other, c.ID)
			}
			keys[of] = c.ID
			if len(name) > 1 && !slices.Contains([]fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter, fyne.KeyTab, fyne.KeyEscape, fyne.KeyF5, fyne.KeyF1}, name) {
				t.Errorf("%s: the toolkit has no key %q", c.ID, name)
			}
		}
	}
	all := declared(t)
	slices.Sort(ids)
	slices.Sort(all)
	if !slices.Equal(ids, all) {
		t.Errorf("the table has %q, declared are %q", ids, all)
	}
}

// The menu and the palette have every command, each with its key.
func TestEveryCommandIsInMenuAndPalette(t *testing.T) {
	w, _ := window(t)
	palette := view.NewPalette(w.bench)
	palette.SetText("")
	for _, c := range w.bench.Commands.All() {
		item := w.items[c.ID]
		if item == nil || item.Label != c.Title || item.Action == nil {
			t.Errorf("%s in the menu: %+v", c.ID, item)
			continue
		}
		if !slices.ContainsFunc(w.window.MainMenu().Items, func(m *fyne.Menu) bool { return m.Label == c.Menu && slices.Contains(m.Items, item) }) {
			t.Errorf("%s is not in the menu %s", c.ID, c.Menu)
		}
		if s, ok := item.Shortcut.(*desktop.CustomShortcut); ok != (c.Key != "") {
			t.Errorf("%s has the key %q, its item %v", c.ID, c.Key, s)
		}
		if c.ID == view.CmdPalette {
			continue // it is open already
		}
		if !slices.ContainsFunc(palette.Rows(), func(r view.PaletteRow) bool {
			return r.Title == c.Title && r.Key == c.KeyText() && r.Where == c.Menu && r.Why == c.Why()
		}) {
			t.Errorf("%s is not in the palette", c.ID)
		}
	}
}

// README has the key of every command, and no other.
func TestReadmeHasAllKeys(t *testing.T) {
	w, _ := window(t)
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## Keys")
	section, _, _ = strings.Cut(section, "\n## ")
	var written []string
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) < 4 || strings.Contains(line, "---") {
			continue
		}
		for i := 1; i+1 < len(cells); i += 2 {
			written = append(written, strings.Fields(cells[i])...)
		}
	}
	var have []string
	for _, c := range w.bench.Commands.All() {
		if c.Key != "" {
			have = append(have, c.Key)
		}
	}
	slices.Sort(written)
	slices.Sort(have)
	if !slices.Equal(written, have) {
		for _, k := range have {
			if !slices.Contains(written, k) {
				t.Errorf("README does not have %s", k)
			}
		}
		for _, k := range written {
			if !slices.Contains(have, k) {
				t.Errorf("README has %s, which no command has", k)
			}
		}
	}
}

// WINDOW.md of the design names these.
func TestKeysAreThoseOfTheDesign(t *testing.T) {
	w, _ := window(t)
	want := map[string]view.CommandID{
		"Ctrl+Enter": view.CmdSend, "Ctrl+L": view.CmdAddress, "Ctrl+K": view.CmdPalette, "Ctrl+F": view.CmdFilter, "Ctrl+D": view.CmdDiscover,
		"Ctrl+N": view.CmdNewTab, "Ctrl+W": view.CmdCloseTab, "Ctrl+Tab": view.CmdNextTab, "Ctrl+O": view.CmdOpen, "Ctrl+S": view.CmdSave,
		"Ctrl+R": view.CmdRecord, "F5": view.CmdRepeat, "Esc": view.CmdCancel, "Ctrl+B": view.CmdFoldDevices, "Ctrl+I": view.CmdFoldInspect,
		"Ctrl++": view.CmdLarger, "Ctrl+=": view.CmdLarger, "Ctrl+-": view.CmdSmaller, "Ctrl+0": view.CmdNormalSize, "Ctrl+/": view.CmdKeys,
	}
	for key, id := range want {
		c := w.bench.Commands.At(id)
		if c.Key != key && !slices.Contains(c.Also, key) {
			t.Errorf("%s does not do %s", key, id)
		}
	}
}

// closeAll takes away what lies over the window.
func closeAll(w *Window) {
	if w.dialog != nil {
		w.dialog.Hide()
	}
	for overlay := w.window.Canvas().Overlays().Top(); overlay != nil; overlay = w.window.Canvas().Overlays().Top() {
		w.window.Canvas().Overlays().Remove(overlay)
	}
}

// Each command is done once, whatever the state: none may bring the program down.
func TestEveryCommandCanBeDone(t *testing.T) {
	for _, packets := range []bool{false, true} {
		w, says := window(t)
		if packets {
			s := w.bench.Engine.Log().Append(trace.Frame{Data: []byte("\x40\x01\x7d\x34\xbbtemperature")})
			says()
			w.bench.SelectFrame(s)
			w.inspector.ToggleEditing()
			w.bench.NewTab()
			says()
		}
		for _, c := range w.bench.Commands.All() {
			if c.ID == view.CmdDiscover || c.ID == view.CmdLab {
				continue // they are for the network; the engine's and the lab's tests do them
			}
			t.Run(string(c.ID), func(t *testing.T) {
				w.bench.Message = ""
				why := c.Why()
				w.do(c.ID)
				says()
				if why != "" && !strings.Contains(w.bench.Message, why) {
					t.Errorf("it cannot be done, because %s; the window says %q", why, w.bench.Message)
				}
				closeAll(w)
			})
		}
	}
}

// typeShortcut types a key with modifiers as the toolkit does where no item of the menu has it.
func typeShortcut(w *Window, key string) {
	name, mod := shortcut(key)
	w.window.Canvas().Focused().(fyne.Shortcutable).TypedShortcut(&desktop.CustomShortcut{KeyName: name, Modifier: mod})
}

// The second key of a command works wherever the cursor is.
func TestFurtherKeysWorkEverywhere(t *testing.T) {
	w, says := window(t)
	says()
	for place, focus := range map[string]func(){
		"address": w.bar.FocusAddress, "packets": w.packets.ShowPackets,
	} {
		w.zoom(0)
		focus()
		for _, key := range []string{"Ctrl++", "Ctrl+Shift+="} {
			before := widget.CurrentTheme().Zoom()
			typeShortcut(w, key)
			if after := widget.CurrentTheme().Zoom(); after <= before {
				t.Errorf("%s with the cursor in %s: from %v to %v", key, place, before, after)
			}
		}
	}
	w.zoom(0)
	w.bar.FocusAddress()
	for _, key := range []string{"Ctrl+Shift+/", ""} {
		if key == "" {
			w.plainKey(fyne.KeyF1)
		} else {
			typeShortcut(w, key)
		}
		if text := says(); !strings.Contains(text, "Fold the inspector") {
			t.Errorf("%q does not show the keys:\n%s", key, text)
		}
		w.plainKey(fyne.KeyEscape)
		if w.asking() {
			t.Error("Escape has left the keys open")
		}
	}
}

func TestKeysAreShown(t *testing.T) {
	w, says := window(t)
	w.window.Resize(fyne.NewSize(1520, 940))
	w.do(view.CmdKeys)
	text := says()
	for _, c := range w.bench.Commands.All() {
		if c.Key != "" && (!strings.Contains(text, c.KeyText()) || !strings.Contains(text, strings.TrimSuffix(c.Title, " …"))) {
			t.Errorf("%s (%s) is not shown:\n%s", c.Title, c.Key, text)
		}
	}
	clipboard := test.NewClipboard()
	w.window.Canvas().Focused().(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutCopy{Clipboard: clipboard})
	if !strings.Contains(clipboard.Content(), "  Ctrl+Shift+B       Make the network bad\n") {
		t.Errorf("copied:\n%s", clipboard.Content())
	}
	w.do(view.CmdSend)
	if len(w.bench.Tab().Problems) > 0 {
		t.Error("a key went through")
	}
	w.do(view.CmdKeys)
	if w.asking() {
		t.Error("the same key has not closed it")
	}
}

func press(w *Window, names ...fyne.KeyName) {
	for _, name := range names {
		w.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: name})
	}
}

func TestPaletteByKeys(t *testing.T) {
	w, says := window(t)
	w.do(view.CmdPalette)
	test.Type(w.window.Canvas().Focused(), "new req")
	if text := says(); !strings.Contains(text, "New request tab") || strings.Contains(text, "Close tab |") {
		t.Errorf("the palette says\n%s", text)
	}
	press(w, fyne.KeyReturn)
	if len(w.bench.Tabs) != 2 || w.asking() {
		t.Fatalf("%d tabs, open %t", len(w.bench.Tabs), w.asking())
	}

	// What was used comes first, and can be done by two keys.
	w.do(view.CmdPalette)
	press(w, fyne.KeyReturn)
	if len(w.bench.Tabs) != 3 {
		t.Errorf("%d tabs after the same once more", len(w.bench.Tabs))
	}

	// Up goes to the last row from the first one; Escape closes.
	w.do(view.CmdPalette)
	press(w, fyne.KeyDown, fyne.KeyUp, fyne.KeyUp, fyne.KeyEscape)
	if w.asking() {
		t.Error("Escape has left the palette open")
	}

	// What cannot be done says why, and stays.
	w.do(view.CmdPalette)
	test.Type(w.window.Canvas().Focused(), "bug report")
	press(w, fyne.KeyReturn)
	if text := says(); !w.asking() || !strings.Contains(text, "Not now: select a packet first") {
		t.Errorf("open %t; the palette says\n%s", w.asking(), text)
	}
	w.do(view.CmdPalette)
	if w.asking() {
		t.Error("its own key has left the palette open")
	}

	// Anything else is a filter.
	w.do(view.CmdPalette)
	test.Type(w.window.Canvas().Focused(), "observe == 7")
	press(w, fyne.KeyUp, fyne.KeyReturn)
	if got := w.bench.Traffic.FilterText(); got != "observe == 7" {
		t.Errorf("the filter is %q", got)
	}
	w.bench.Tab().Draft.Address = "coap://192.0.2.1/one"
	w.do(view.CmdPalette)
	test.Type(w.window.Canvas().Focused(), "get one")
	press(w, fyne.KeyReturn)
	if got := w.bench.Tab().Draft.Address; got != "coap://192.0.2.1/one" {
		t.Errorf("the tab is that of %q", got)
	}
}

func TestRecordingIsSeen(t *testing.T) {
	w, says := window(t)
	w.bench.Record(t.TempDir()+"/session.pcapng", w.bench.NextLive())
	defer func() { // before the directory goes away
		w.bench.StopRecording()
		w.bench.AwaitRecording(time.Minute)
	}()
	text := says()
	for _, want := range []string{"recording → session.pcapng  0 B", "● Capture ▾"} {
		if !strings.Contains(text, want) {
			t.Errorf("the window does not say %q:\n%s", want, text)
		}
	}
	if items := w.filesMenu().Items; items[3].Label != "Stop recording to session.pcapng" {
		t.Errorf("the menu says %q", items[3].Label)
	}
	w.do(view.CmdRecord)
	if text := says(); strings.Contains(text, "recording →") || strings.Contains(text, "● Capture") {
		t.Errorf("it was stopped; the window says\n%s", text)
	}
	if items := w.filesMenu().Items; items[3].Label != "Record on to session.pcapng" {
		t.Errorf("the menu says %q", items[3].Label)
	}
	w.do(view.CmdRecord)
	if !w.bench.Recording().On {
		t.Error("it does not go on")
	}
}
