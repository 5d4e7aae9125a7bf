package view

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/malform"
	"coapscope/protocol/payload"
	"coapscope/session/trace"
	"coapscope/ui/draft"
)

// Raw is the raw mode of a request tab: the bytes of the message themselves, to be changed to whatever is wanted, by
// hand or by a preset of package malform; what the RFCs ask of who gets them; and what the peer did.
//
// The bytes are those of the composer until they are changed. From then on they stay as they are, until Revert.
type Raw struct {
	// Inspector shows the bytes and changes them. Call Changed after a change that was made through it.
	Inspector *Inspector
	// To is where they are sent: a URI, or an address with or without port.
	To string
	// SameID keeps the message ID from one sending to the next, so that the peer takes the second for a duplicate (RFC
	// 7252 §4.5). Otherwise a message that was sent gets another ID before it is sent again.
	SameID bool
	// Problem is why the last thing wanted could not be done, and what to do; empty for nothing.
	Problem string

	bench    *Workbench
	tab      *Tab
	now      func() time.Time
	random   func() uint32
	composed []byte // by the composer, as it gave them
	start    []byte // the same, with a message ID and a token: what Revert goes back to
	names    [8]byte
	id       protocol.MessageID
	applied  appliedPreset
	ids      map[protocol.MessageID]bool // that were sent

	expected   malform.Expectation
	expectedOf []byte
	expectedTo bool // a group

	sent *sentRaw // last; nil for nothing yet
}

// appliedPreset is the preset that was applied last.
type appliedPreset struct {
	id       string
	from, to []byte
}

// Raw gives the raw mode of the current tab.
func (w *Workbench) Raw() *Raw {
	t := w.Tab()
	if t.raw == nil {
		t.raw = newRaw(w, t)
	}
	if t.raw.RawHex() != t.Draft.Raw { // the tab has got another draft
		if err := t.raw.SetRawHex(t.Draft.Raw); err != nil {
			t.raw.Problem = err.Error()
			t.Draft.Raw = t.raw.RawHex()
		}
	}
	return t.raw
}

func newRaw(w *Workbench, t *Tab) *Raw {
	r := &Raw{Inspector: NewInspector(), bench: w, tab: t, now: time.Now, random: rand.Uint32, ids: make(map[protocol.MessageID]bool)}
	r.id = protocol.MessageID(r.random())
	for i := range r.names {
		r.names[i] = byte(r.random())
	}
	r.show(nil)
	return r
}

// show begins anew with bytes that count as not changed.
func (r *Raw) show(b []byte) {
	v := r.Inspector
	clear(v.edits)
	r.start, r.applied = b, appliedPreset{}
	if r.bench != nil {
		v.Tree.Names = r.bench.Inspector.Tree.Names
	}
	v.Show(&trace.Frame{Data: b, Direction: trace.Sent}, "")
	v.SetEditing(true)
}

// Follow tells what the composer makes of the request, and where that goes. The message ID and a token that are all zero
// stand for ones that are still to be chosen.
func (r *Raw) Follow(composed []byte, to string) {
	r.To = to
	if bytes.Equal(composed, r.composed) {
		return
	}
	r.composed = bytes.Clone(composed)
	if !r.Edited() {
		r.show(r.named(r.composed))
		r.Changed()
	}
}

// named gives bytes of the composer with a message ID and a token, where it has left them open.
func (r *Raw) named(composed []byte) []byte {
	b := bytes.Clone(composed)
	m, err := protocol.Parse(b)
	if err != nil {
		return b
	}
	if m.MessageID == 0 {
		b[2], b[3] = byte(r.id>>8), byte(r.id)
	}
	if n := m.Token.Len(); n <= len(r.names) && m.Token == protocol.TokenOf(make([]byte, n)) {
		copy(b[protocol.HeaderLength:], r.names[:n])
	}
	return b
}

// Bytes are the bytes as they are now. They must not be changed.
func (r *Raw) Bytes() []byte { return r.Inspector.Tree.Bytes }

// Edited tells whether the bytes are not those of the composer.
func (r *Raw) Edited() bool { return !bytes.Equal(r.Bytes(), r.start) }

// RawHex gives the bytes in hex where they are not those of the composer, and nothing otherwise: what has to be kept of
// raw mode.
func (r *Raw) RawHex() string {
	if !r.Edited() {
		return ""
	}
	return hex.EncodeToString(r.Bytes())
}

// SetRawHex makes the bytes what RawHex gave; for nothing they are those of the composer. It also reads what a user
// writes: blanks, colons and 0x between bytes.
func (r *Raw) SetRawHex(text string) error {
	if strings.TrimSpace(text) == "" {
		r.Revert()
		return nil
	}
	b, err := payload.ParseHex(text)
	if err != nil {
		return err
	}
	r.become(b)
	return nil
}

// become makes the bytes others, as one change that can be undone.
func (r *Raw) become(b []byte) {
	r.Inspector.edit.become(b)
	r.Inspector.again()
	r.Changed()
}

// Revert goes back to the bytes of the composer and forgets all changes.
func (r *Raw) Revert() {
	r.show(r.named(r.composed))
	r.Changed()
}

// Undo takes back the last change.
func (r *Raw) Undo() {
	r.Inspector.Undo()
	r.Changed()
}

// Redo makes the change again that was taken back last.
func (r *Raw) Redo() {
	r.Inspector.Redo()
	r.Changed()
}

// Changed has what follows from a change of the bytes be drawn, and forgets what could not be done before it.
func (r *Raw) Changed() {
	r.Problem = ""
	if raw := r.RawHex(); raw != r.tab.Draft.Raw { // it is part of the draft
		r.tab.Draft.Raw = raw
		r.bench.Changed(PartTabs)
	}
	r.bench.Changed(PartRaw)
}

// Preset gives the preset that the bytes are the result of; false for none.
func (r *Raw) Preset() (malform.Preset, bool) {
	if r.applied.id == "" || !bytes.Equal(r.Bytes(), r.applied.to) {
		return malform.Preset{}, false
	}
	return malform.Find(r.applied.id)
}

// Apply has a preset break the message: what it was before another preset, if that was the last change; what was written by
// hand, as long as that is well formed; or else what it was before it was broken. Why it cannot be done is the Problem.
func (r *Raw) Apply(id string) {
	p, ok := malform.Find(id)
	if !ok {
		r.Problem = fmt.Sprintf("There is no preset %q", id)
		return
	}
	from := r.unbroken()
	b, err := p.Apply(from)
	if err != nil {
		r.Problem = p.Title + ": " + err.Error()
		r.bench.Changed(PartRaw)
		return
	}
	r.become(b)
	r.applied = appliedPreset{id, from, b}
}

// unbroken gives the newest bytes that a preset can start from.
func (r *Raw) unbroken() []byte {
	if r.applied.id != "" && bytes.Equal(r.Bytes(), r.applied.to) {
		return r.applied.from
	}
	e := r.Inspector.edit
	for i := e.at; i >= 0; i-- {
		if _, err := protocol.Parse(e.states[i].data); err == nil {
			return e.states[i].data
		}
	}
	return r.start
}

// Expectation gives what the RFCs ask of who gets the bytes as they are now.
func (r *Raw) Expectation() *malform.Expectation {
	group := false
	if uri, err := draft.ParseAddress(r.To, r.bench.base()); err == nil {
		addr, ok := uri.Addr()
		group = ok && addr.IsMulticast()
	}
	if b := r.Bytes(); r.expected.Right == nil || group != r.expectedTo || !bytes.Equal(b, r.expectedOf) {
		r.expected, r.expectedOf, r.expectedTo = malform.Expect(b, group), bytes.Clone(b), group
	}
	return &r.expected
}

// CannotSend says why the bytes cannot be sent; empty where they can.
func (r *Raw) CannotSend() string {
	if len(r.Bytes()) == 0 {
		return "There is no byte to send"
	}
	return ""
}

// anew gives a message that was sent already another message ID, so that the peer does not take it for a duplicate.
func (r *Raw) anew() {
	b := r.Bytes()
	if len(b) < protocol.HeaderLength || protocol.Type(b[0]>>4&3) > protocol.NonConfirmable {
		return
	}
	id := protocol.MessageID(b[2])<<8 | protocol.MessageID(b[3])
	if !r.SameID && r.ids[id] && len(r.ids) < 1<<16 {
		for r.ids[id] {
			id++
		}
		next := bytes.Clone(b)
		next[2], next[3] = byte(id>>8), byte(id)
		if applied := &r.applied; bytes.Equal(applied.to, b) {
			applied.to = next
		}
		if pristine := !r.Edited(); pristine {
			r.id = id
			r.show(next)
		} else {
			r.become(next)
		}
	}
	r.ids[id] = true
}

// address reads where the bytes are to be sent.
func (r *Raw) address() (uri protocol.URI, to netip.AddrPort, err error) {
	if to, err = netip.ParseAddrPort(strings.TrimSpace(r.To)); err == nil {
		return uri, to, nil
	}
	uri, err = draft.ParseAddress(r.To, r.bench.base())
	if err == nil && uri.Scheme != protocol.CoAP {
		err = fmt.Errorf("bytes are sent as they are over UDP only: write coap instead of %s", uri.Scheme)
	}
	return uri, to, err
}
