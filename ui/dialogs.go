package ui

import (
	"net/netip"

	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"

	"coapscope/protocol"
	"coapscope/ui/panel"
	"coapscope/ui/view"
)

// ask shows a text to write in a dialog. take is given the text when the user takes it, and tells whether
// the dialog is done with.
func (w *Window) ask(title, explanation, button, text string, check func(string) (string, view.Concept, bool), take func(string) bool) {
	if w.asking() {
		return
	}
	var form *panel.TextForm
	form = panel.NewTextForm(title, explanation, button, check, func() {
		if take(form.Text.Text) {
			w.endModal()
		}
	}, w.endModal)
	form.SetText(text)
	w.modal(form.Object, fyne.NewSize(820, 560), nil)
	w.window.Canvas().Focus(form.Text)
}

// line is a line that is asked for.
type line struct {
	title, explanation, placeholder, button string

	text  string // at first
	check func(text string) (note string, ok bool)
	take  func(text string) error // what is done with it
}

// askLine asks for a line in a dialog.
func (w *Window) askLine(l line) {
	if w.asking() {
		return
	}
	var form *panel.LineForm
	form = panel.NewLineForm(l.title, l.explanation, l.placeholder, l.button, l.check, func() {
		if err := l.take(form.Line.Text()); err != nil {
			w.bench.Say(view.Error, "%v", err)
			return
		}
		w.endModal()
	}, w.endModal)
	form.SetText(l.text)
	w.modal(form.Object, fyne.NewSize(lineWidth, 0), nil)
	w.window.Canvas().Focus(form.Line.Field())
	form.Line.SelectAll()
}

// lineWidth is that of a dialog with a line.
const lineWidth = 600

// modal shows a dialog over the window that goes by [Window.endModal] alone, of that size where the window has the room, or as
// high as it must be. hidden is called when it is gone; nil for nothing.
func (w *Window) modal(form fyne.CanvasObject, size fyne.Size, hidden func()) {
	canvas := w.window.Canvas()
	over := fynewidget.NewModalPopUp(form, canvas)
	w.dialog = hiding(func() {
		w.dialog = nil
		over.Hide()
		if hidden != nil {
			hidden()
		}
	})
	room := canvas.Size().SubtractWidthHeight(80, 80)
	over.Resize(fyne.NewSize(min(size.Width, room.Width), min(max(size.Height, form.MinSize().Height), room.Height)))
	over.Show()
}

// endModal ends the dialog that is open.
func (w *Window) endModal() {
	if w.dialog != nil {
		w.dialog.Hide()
	}
}

// hiding ends a dialog.
type hiding func()

func (h hiding) Hide() { h() }

// pasteMessage asks for the text of a message, and shows what the clipboard has.
func (w *Window) pasteMessage() {
	text := w.app.Clipboard().Content()
	if view.ReadPasted(text).Err != nil {
		text = "" // it is something else that was copied
	}
	var read view.Pasting
	w.ask("Paste a message",
		"Hex with or without separators, base64, an array of C, Go or Python, a hex dump of Wireshark, tcpdump, xxd or hexdump, or the log of coap-client -v 9. Packets are taken apart down to the message.",
		"Dissect", text,
		func(text string) (string, view.Concept, bool) {
			if text == "" {
				return "", view.Dim, false
			}
			read = view.ReadPasted(text)
			note, concept := read.Summary()
			return note, concept, read.Err == nil
		},
		func(string) bool {
			w.bench.OpenPasted(read)
			w.inspector.ShowBits()
			return true
		})
}

// editNames asks for the names of what the registries do not have.
func (w *Window) editNames() {
	w.ask("Names of options and codes",
		"What vendors use and no registry has, a line each. Kept in "+w.bench.Naming.Path,
		"Save", w.bench.NamesText(),
		func(text string) (string, view.Concept, bool) {
			if err := view.CheckNames(text); err != nil {
				return "✖ " + err.Error(), view.Error, false
			}
			return "Every line can be read", view.Good, true
		},
		func(text string) bool {
			err := w.bench.SaveNames(text)
			if err != nil {
				w.bench.Say(view.Error, "%v", err)
			}
			return err == nil
		})
}

// editCode asks for a code that is none of the methods in the menu.
func (w *Window) editCode() {
	var code protocol.Code
	w.askLine(line{
		title: "The code of the request", explanation: "A method by its name, or any code as class and detail: 0.31, 2.05.",
		placeholder: "0.31", button: "Use it", text: w.bench.Tab().Draft.Method.Short(),
		check: func(text string) (string, bool) {
			var err error
			if code, err = w.bench.ReadCode(text); err != nil {
				return err.Error(), false
			}
			note := code.String()
			if !code.IsRequest() && code != protocol.Empty {
				note += " is no code of a request: a device should reject or ignore the message (RFC 7252 §4.2)"
			}
			return note, true
		},
		take: func(string) error {
			w.bench.Tab().Draft.Method = code
			w.bench.Changed(view.PartBar | view.PartTabs | view.PartDraft)
			return nil
		},
	})
}

// editFaults asks for what is done to datagrams on purpose.
func (w *Window) editFaults() {
	w.ask("A bad network",
		"What is done to datagrams on purpose, a rule a line: “lose 20%”, “lose sent ACK 2”, “lose received peer 192.0.2.7”, “delay received 2.05 300ms”, “duplicate sent CON every 3”, “reorder 5%”, “corrupt received 10%”. No rule: nothing is done.",
		"Apply", w.bench.FaultsText(),
		func(text string) (string, view.Concept, bool) {
			if err := view.CheckFaults(text); err != nil {
				return "✖ " + err.Error(), view.Error, false
			}
			return w.bench.FaultsDone(), view.Dim, true
		},
		func(text string) bool {
			err := w.bench.SetFaults(text)
			if err != nil {
				w.bench.Say(view.Error, "%v", err)
			}
			return err == nil
		})
}

// sendMany asks how often the request is sent, and when.
func (w *Window) sendMany() {
	w.askLine(line{
		title: "Send it many times", explanation: "Write " + view.RepeatHelp + ".", placeholder: "20 every 500ms", button: "Send",
		text: w.app.Preferences().StringWithFallback("repeat", "20 every 500ms"),
		check: func(text string) (string, bool) {
			plan, err := view.ParseRepeat(text)
			if err != nil {
				return err.Error(), false
			}
			return plan.String(), true
		},
		take: func(text string) error {
			plan, err := view.ParseRepeat(text)
			if err == nil {
				w.app.Preferences().SetString("repeat", text)
				w.bench.Repeat(plan)
			}
			return err
		},
	})
}

// renameDevice asks for the name of a device.
func (w *Window) renameDevice(endpoint netip.AddrPort) {
	d, ok := w.bench.Known().Get(endpoint)
	if !ok {
		return
	}
	text := ""
	if d.Given {
		text = d.Name
	}
	w.askLine(line{
		title: "Rename " + d.Name, placeholder: "name", button: "Rename", text: text,
		check: func(text string) (string, bool) { return w.bench.CheckDeviceName(endpoint, text) },
		take: func(text string) error {
			w.bench.RenameDevice(endpoint, text)
			return nil
		},
	})
}

// LoadNames reads the names that the user gave to what the registries do not have.
func (w *Window) LoadNames(path string) { w.bench.LoadNames(path) }
