package view

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/ui/snippet"
)

// CopyAs gives the request of the current tab in the form of that ID, of those of [snippet.Kinds]. The status line says
// what was copied, or why nothing was.
func (w *Workbench) CopyAs(id string) (string, error) {
	kind, ok := snippet.Find(id)
	if !ok {
		return "", fmt.Errorf("there is no form %q to copy a request in", id)
	}
	b := w.Built()
	m := &b.Request.Message
	if t := w.Tab(); t.State == TabObserving && !m.Options.Has(protocol.Observe) {
		m.Options = m.Options.Add(protocol.Observe, nil)
	}
	text, err := kind.Write(&b)
	if members := w.membersOf(w.Tab()); err == nil && members > 1 {
		if text, err = w.copyMembers(kind, text); err == nil {
			return text, nil
		}
	}
	if err != nil {
		w.Say(Error, "Not copied: %v", err)
		return "", err
	}
	w.Say(Good, "Copied as %s", kind.Name)
	return text, nil
}

// SetAddress takes the address of the current tab as it was changed. A command line of coap-client or aiocoap-client that
// is pasted becomes the request; one that is typed does so by [Workbench.EnterAddress], as it may not be at its end.
func (w *Workbench) SetAddress(text string) {
	t := w.Tab()
	typed := utf8.RuneCountInString(text) <= utf8.RuneCountInString(t.Draft.Address)+1
	t.Draft.Address = text
	if t.Draft.Group != "" && strings.Contains(text, "://") { // it says by itself where it goes
		t.Draft.Group = ""
		w.Changed(PartBar)
	}
	w.Changed(PartTabs | PartDraft)
	switch {
	case !snippet.IsCommand(text):
	case typed:
		w.Say(Dim, "Enter reads the command line")
	default:
		w.readCommand(t)
	}
}

// EnterAddress reads the command line that the current tab has for an address, and tells whether it has one. Nothing is
// sent then.
func (w *Workbench) EnterAddress() bool {
	t := w.Tab()
	if !snippet.IsCommand(t.Draft.Address) {
		return false
	}
	w.readCommand(t)
	return true
}

func (w *Workbench) readCommand(t *Tab) {
	c, err := snippet.ReadCommand(t.Draft.Address)
	if err != nil {
		w.Say(Error, "✖ %v", err)
		return
	}
	w.take(t, c)
}

// take makes the request that was read that of a tab, and tells what of the line is not in it.
func (w *Workbench) take(t *Tab, c snippet.Command) {
	w.stop(t)
	t.Draft = c.Draft
	t.Answer, t.Problems, t.Progress = nil, nil, nil
	text, concept := "Read from "+c.Program, Good
	if len(c.Notes) > 0 {
		text, concept = text+" · "+strings.Join(c.Notes, " · "), Warning
	}
	w.Say(concept, "%s", text)
	w.Changed(PartBar | PartTabs | PartDraft | PartAnswer)
}

// CopyKinds are the forms that a request can be copied in, those that are asked for most in front.
func CopyKinds() []snippet.Kind { return snippet.Kinds() }
