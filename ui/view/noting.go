package view

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/keep"
)

// noteAsked puts a request that is being sent into the history.
func (w *Workbench) noteAsked(t *Tab, b *draft.Built) {
	e := keep.Entry{Draft: t.Draft.Clone(), URI: w.maskedURI(t, b), Asked: time.Now()}
	e.ID = w.store.History.Add(e)
	t.kept.entry, t.kept.asked = e.ID, &e
	w.drawn = w.dice()
}

// maskedURI gives the URI of a request with the names of secrets in it: it is made of the address anew, with something
// in place of each secret that no part of a URI writes in another way.
func (w *Workbench) maskedURI(t *Tab, b *draft.Built) string {
	names := map[string]string{}
	masked := draft.Draft{Method: t.Draft.Method, Address: t.Draft.Address, Group: t.Draft.Group}
	built := masked.Build(w.baseOf(&masked), func(name string) (string, bool) {
		value, ok := w.value(name)
		if e := w.Environments.current(); ok && e.IsSecret(name) {
			value = fmt.Sprintf("x%dsecret%dx", len(names), w.clock().UnixNano())
			names[value] = "{{" + name + "}}"
		}
		return value, ok
	})
	text := built.URI.String()
	if len(names) == 0 || built.URI.Host == "" {
		text = b.URI.String()
	}
	for in, name := range names {
		text = strings.ReplaceAll(text, in, name)
	}
	if g := w.Groups.Find(t.Draft.Group); g != nil && !g.IsMulticast() { // which no URI names
		text = fmt.Sprintf("%s (%s) %s", g.Name, count(len(g.Members), "member", "members"), pathOf(text))
	}
	return w.mask(text)
}

// noteEnd puts what came of it there. Of an observation the last notification is kept.
func (w *Workbench) noteEnd(t *Tab, a *Answer) {
	e := t.kept.asked
	if e == nil {
		return
	}
	if t.State != TabObserving {
		t.kept.asked = nil
	}
	why := ""
	if a.Err != nil {
		why = a.Err.Error()
		if y, ok := w.Why(t); ok && len(y.Clues) > 0 {
			why = y.Clues[0].Title
		}
	}
	w.fill(e, a, why)
	if r := t.Repeat; r != nil && r.Sent > 1 {
		e.Note = "Sent many times: " + r.Summary()
	}
	w.store.History.Set(*e)
}

// noteStopped notes that nobody waits for the answer any more.
func (w *Workbench) noteStopped(t *Tab) {
	e := t.kept.asked
	t.kept.asked = nil
	if e != nil && e.State == keep.Waiting {
		e.State, e.Failure = keep.Failed, "Cancelled"
		w.store.History.Set(*e)
	}
}

// fill puts an answer into an entry, or why there is none, without the values of secrets.
func (w *Workbench) fill(e *keep.Entry, a *Answer, why string) {
	e.At, e.RTT, e.Duration, e.Attempts, e.Exchanges, e.Retries = a.At, a.RTT, a.Duration, a.Attempts, a.Exchanges, a.Retries
	e.Notified, e.Piggybacked, e.Note = a.Notified, a.Piggybacked, w.mask(a.Note)
	e.Echoed, e.Suppressed, e.FromCache, e.Validated, e.Age = a.Echoed, a.Suppressed, a.FromCache, a.Validated, a.Age
	if a.Err != nil {
		e.State, e.Failure = keep.Failed, w.mask(why)
		return
	}
	e.State, e.Failure, e.Message, e.From = keep.Answered, "", a.Message, a.From
	if text := a.From.String(); w.mask(text) != text {
		e.From, e.Masked = netip.AddrPort{}, true
	}
	cloned := false
	for _, s := range w.Environments.secrets() {
		if len(s.value) < minMasked {
			continue
		}
		secret := []byte(s.value)
		if bytes.Contains(e.Message.Payload, secret) {
			e.Message.Payload = bytes.ReplaceAll(e.Message.Payload, secret, []byte("{{"+s.name+"}}"))
			e.Masked = true
		}
		for i, o := range e.Message.Options {
			if bytes.Contains(o.Value, secret) {
				if !cloned {
					e.Message.Options, cloned = e.Message.Options.Clone(), true
				}
				e.Message.Options[i].Value = bytes.ReplaceAll(o.Value, secret, []byte("{{"+s.name+"}}"))
				e.Masked = true
			}
		}
	}
}

// minMasked is how long a secret is at least that is taken out of answers, in bytes: a shorter one stands in any of
// them by chance.
const minMasked = 4

// maskedBytes writes the names of secrets instead of their values into a copy; what has none is given as it is.
func (w *Workbench) maskedBytes(b []byte) []byte {
	for _, s := range w.Environments.secrets() {
		if secret := []byte(s.value); len(secret) >= minMasked && bytes.Contains(b, secret) {
			b = bytes.ReplaceAll(b, secret, []byte("{{"+s.name+"}}"))
		}
	}
	return b
}

// mask writes the names of secrets instead of their values, also where those are written as a URI has them.
func (w *Workbench) mask(text string) string {
	for _, s := range w.Environments.secrets() {
		path := protocol.URI{Path: []string{s.value}}
		paths := protocol.URI{Path: strings.Split(s.value, "/")}
		query := protocol.URI{Query: []string{s.value}}
		name := "{{" + s.name + "}}"
		text = strings.ReplaceAll(text, s.value, name)
		for _, written := range []string{strings.TrimPrefix(path.PathQuery(), "/"), strings.TrimPrefix(paths.PathQuery(), "/"), strings.TrimLeft(query.PathQuery(), "/?")} {
			if written != "" {
				text = strings.ReplaceAll(text, written, name)
			}
		}
	}
	return text
}

// showKept shows what the history has of a request.
func (w *Workbench) showKept(t *Tab, e *keep.Entry, now time.Time) {
	from := "From the history, " + Age(now.Sub(e.Asked)) + " ago: asked " + e.Asked.Format("2006-01-02 15:04:05")
	a := &Answer{
		Message: e.Message.Clone(), From: e.From, RTT: e.RTT, Duration: e.Duration, Attempts: e.Attempts, Retries: e.Retries,
		Exchanges: e.Exchanges, Piggybacked: e.Piggybacked, At: e.At, Notified: e.Notified,
		Echoed: e.Echoed, Suppressed: e.Suppressed, FromCache: e.FromCache, Validated: e.Validated, Age: e.Age,
		NoteConcept: Dim,
	}
	switch e.State {
	case keep.Failed:
		a.Err = &pastError{e.Failure, from}
	case keep.Waiting:
		a.Err = &pastError{"The program ended before an answer came", from}
	}
	notes := []string{from}
	if e.Left > 0 {
		notes = append(notes, "the last "+Bytes(e.Left)+" of the payload were not kept")
	}
	if e.Masked {
		notes = append(notes, "the values of secrets were not kept")
	}
	if e.Note != "" {
		notes = append(notes, e.Note)
	}
	a.Note = strings.Join(notes, " · ")
	t.what, t.question = e.Draft.Method.String()+" "+e.URI, nil
	d := e.Draft.Clone()
	d.Raw = ""
	if b := d.Build(w.baseOf(&d), w.value); len(b.Problems) == 0 {
		t.question = &question{b.URI, b.Request.Message, e.Draft.Clone()}
	}
	a.question = t.question
	t.Answer, t.answers = a, t.what
	t.kept.entry = e.ID
}

// pastError is why a request of the history had no answer, and when that was.
type pastError struct{ what, when string }

func (e *pastError) Error() string { return e.what }

func (e *pastError) clue() Clue {
	return Clue{Title: e.what, Text: e.when + ".", Next: "Send it again when you like.", Actions: []Remedy{{Kind: SendAgain}}}
}

// OpenEntry opens a request of the history with its answer: in the tab that has it already, the current one, or a new
// one. It returns at once.
func (w *Workbench) OpenEntry(id uint64) {
	for _, t := range w.Tabs {
		if t.kept.entry == id {
			w.chooseTab(t)
			return
		}
	}
	history := w.store.History
	go func() {
		e, err := history.Get(id)
		w.inbox.Put(nil, func() {
			if err != nil {
				w.Say(Error, "The request cannot be read from the history: %v", err)
				return
			}
			t := w.freshTab()
			t.Draft = e.Draft.Clone()
			w.showKept(t, &e, time.Now())
			if e.DraftLeft > 0 {
				w.Say(Warning, "The payload of this request, of %s, was too long for the history: it is empty now", Bytes(e.DraftLeft))
			}
		})
	}()
}

// Age gives how long ago something was, roughly: "12 s", "5 min", "3 h", "12 days".
func Age(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
