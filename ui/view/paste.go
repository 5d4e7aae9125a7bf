package view

import (
	"fmt"
	"time"

	"coapscope/session/capture"
	"coapscope/session/trace"
)

// Pasting is text that the user pasted, and what it was read as.
type Pasting struct {
	Text     string
	Messages []capture.Pasted
	Err      error // nil where the text could be read
}

// ReadPasted reads messages from text: hex, base64, an array, a dump, or a log.
func ReadPasted(text string) Pasting {
	p := Pasting{Text: text}
	p.Messages, p.Err = capture.ReadText(text)
	return p
}

// Summary says in a line what was read, or why nothing was.
func (p *Pasting) Summary() (string, Concept) {
	switch {
	case p.Err != nil:
		return "✖ " + p.Err.Error(), Error
	case len(p.Messages) == 0:
		return "", Dim
	}
	first := &p.Messages[0]
	text := count(len(p.Messages), "message", "messages") + ", read as " + first.ReadAs
	bytes := 0
	for i := range p.Messages {
		bytes += len(p.Messages[i].Frame.Data)
	}
	text += fmt.Sprintf(" · %s · %s", count(bytes, "byte", "bytes"), first.Frame.Transport)
	for i := range p.Messages {
		if p.Messages[i].Inexact != "" {
			return "▲ " + text + " · " + p.Messages[i].Inexact, Warning
		}
	}
	return text, Good
}

// pastedName stands for the name of a file.
const pastedName = "pasted messages"

// OpenPasted shows what was pasted as packets of their own, behind those that were pasted before, and
// selects the first of them.
func (w *Workbench) OpenPasted(p Pasting) {
	if p.Err != nil || len(p.Messages) == 0 {
		return
	}
	if w.pasted == nil {
		log := new(trace.Log)
		log.OnAppend(w.wake)
		w.pasted = NewTraffic(log, w.Devices.Name)
	}
	now := time.Now()
	var first trace.Seq
	for i := range p.Messages {
		f := p.Messages[i].Frame
		f.Direction = trace.Seen
		if f.Time.IsZero() {
			f.Time = now
		}
		if s := w.pasted.log.Append(f); first == 0 {
			first = s
		}
	}
	if w.Traffic != w.pasted {
		w.show(w.pasted, pastedName)
	}
	for {
		if _, more := w.pasted.Pull(); !more {
			break
		}
	}
	w.SelectFrame(first)
	text, concept := p.Summary()
	w.Say(concept, "%s", text)
}
