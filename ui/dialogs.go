package ui

import (
	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"

	"coapscope/protocol"
	"coapscope/ui/panel"
	"coapscope/ui/view"
)

// ask shows a text to write in a dialog. take is given the text when the user takes it, and tells whether
// the dialog is done with.
func (w *Window) ask(title, explanation, button, text string, check func(string) (string, view.Concept, bool), take func(string) bool) {
	w.askIn(fyne.NewSize(820, 560), title, explanation, button, text, check, take)
}

// askIn does that in a dialog of that size, where the window has room for it.
func (w *Window) askIn(size fyne.Size, title, explanation, button, text string, check func(string) (string, view.Concept, bool), take func(string) bool) {
	if w.asking() {
		return
	}
	var form *panel.TextForm
	var over *fynewidget.PopUp
	hide := func() {
		w.dialog = nil
		over.Hide()
	}
	form = panel.NewTextForm(title, explanation, button, check, func() {
		if take(form.Text.Text) {
			hide()
		}
	}, hide)
	form.SetText(text)
	canvas := w.window.Canvas()
	over = fynewidget.NewModalPopUp(form.Object, canvas)
	w.dialog = hiding(hide)
	over.Resize(fyne.NewSize(min(size.Width, canvas.Size().Width-80), min(size.Height, canvas.Size().Height-80)))
	over.Show()
	canvas.Focus(form.Text)
}

// hiding ends a form.
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
	w.ask("The code of the request", "A method by its name, or any code as class and detail: 0.31, 2.05.", "Use it", w.bench.Tab().Draft.Method.Short(),
		func(text string) (string, view.Concept, bool) {
			var err error
			if code, err = w.bench.ReadCode(text); err != nil {
				return "✖ " + err.Error(), view.Error, false
			}
			note := code.String()
			if !code.IsRequest() && code != protocol.Empty {
				note += " is no code of a request: a device should reject or ignore the message (RFC 7252 §4.2)"
			}
			return note, view.Dim, true
		},
		func(string) bool {
			w.bench.Tab().Draft.Method = code
			w.bench.Changed(view.PartBar | view.PartTabs | view.PartDraft)
			return true
		})
}

// editFaults asks for what is done to datagrams on purpose.
func (w *Window) editFaults() {
	w.ask("A bad network",
		"What is done to datagrams on purpose, a rule a line: “lose 20%”, “lose sent ACK 2”, “delay received 2.05 300ms”, “duplicate sent CON every 3”, “reorder 5%”, “corrupt received 10%”. No rule: nothing is done.",
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
	w.askIn(fyne.NewSize(600, 260), "Send it many times",
		"Write "+view.RepeatHelp+".",
		"Send", w.app.Preferences().StringWithFallback("repeat", "20 every 500ms"),
		func(text string) (string, view.Concept, bool) {
			plan, err := view.ParseRepeat(text)
			if err != nil {
				return "✖ " + err.Error(), view.Error, false
			}
			return plan.String(), view.Good, true
		},
		func(text string) bool {
			plan, err := view.ParseRepeat(text)
			if err == nil {
				w.app.Preferences().SetString("repeat", text)
				w.bench.Repeat(plan)
			}
			return err == nil
		})
}

// LoadNames reads the names that the user gave to what the registries do not have.
func (w *Window) LoadNames(path string) { w.bench.LoadNames(path) }
