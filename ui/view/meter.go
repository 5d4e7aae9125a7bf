package view

import (
	"bytes"
	"fmt"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/ui/draft"
)

// Meter is the datagram of a draft as a constrained network has it: what takes how many bytes, how many frames of a
// radio it is, and what would make it shorter.
type Meter struct {
	Parts   []MeterPart
	Total   int // bytes of the datagram
	Radio   Radio
	Frames  RadioFrames
	DTLS    RadioFrames // with the record of DTLS around it
	Savings []Saving    // the one that saves most first
	Limits  []string    // what it is too large for

	measured measured
}

// measured is what a meter was made from.
type measured struct {
	datagram []byte
	d        draft.Draft
	b        *draft.Built
}

// MeterPart is a part of the datagram.
type MeterPart struct {
	Name    string
	Bytes   int
	Concept Concept
}

// Saving is what would make the datagram shorter.
type Saving struct {
	Bytes int // that it saves; 0 for what makes fewer frames without that
	Title string
	Hint  string               // why that is as good, with the clause
	Apply func(d *draft.Draft) // does it; nil for what is not the draft's to change
}

// The limits of RFC 7252 §4.6 and below it.
const (
	maxMessage  = 1152 // with DTLS and IPv6 it fits 1280 bytes
	maxPayload  = 1024
	minimumMTU  = 1280 // of IPv6 (RFC 8200 §5)
	maxDatagram = minimumMTU - ipAndUDP
)

// Meter measures the datagram that the current draft becomes, as the user's radio has it.
func (w *Workbench) Meter(datagram []byte, b *draft.Built) Meter {
	return MeterOf(datagram, &w.Tab().Draft, b, w.Radio)
}

// SetRadio has the meter assume another radio.
func (w *Workbench) SetRadio(r Radio) {
	w.Radio = r
	w.Changed(PartDraft)
}

// Change changes the current draft.
func (w *Workbench) Change(apply func(d *draft.Draft)) {
	apply(&w.Tab().Draft)
	w.Changed(PartBar | PartTabs | PartDraft)
}

// MeterOf measures the datagram of a draft, of which b was built. Of malformed bytes there is no saving.
func MeterOf(datagram []byte, d *draft.Draft, b *draft.Built, r Radio) Meter {
	m := Meter{Total: len(datagram), Radio: r.RadioTo(b.Destination), measured: measured{bytes.Clone(datagram), d.Clone(), b}}
	if len(datagram) == 0 {
		return m
	}
	m.parts(datagram)
	m.Frames = m.Radio.Frames(m.Total)
	secured := m.Radio
	secured.DTLS = true
	m.DTLS = secured.Frames(m.Total)
	var message protocol.Message
	if message.Parse(datagram) == nil {
		m.limits(&message)
		m.Savings = savings(&message, d, b, m.Radio)
	}
	return m
}

// parts gives each part of the bytes, options one by one.
func (m *Meter) parts(datagram []byte) {
	t := dissect.Dissect(datagram)
	for i := 0; i < len(t.Fields); {
		f := &t.Fields[i]
		p := MeterPart{Name: strings.TrimLeft(t.Name(i), "0123456789 "), Bytes: f.EndByte() - f.FirstByte(), Concept: FieldConcept(t, i)}
		switch f.Kind {
		case dissect.OptionsGroup, dissect.PayloadGroup:
			i++
			continue
		case dissect.Header:
			p.Name, p.Concept = "header", MessageID
		case dissect.Token:
			p.Name = "token"
		case dissect.PayloadMarker:
			p.Name = "marker"
		case dissect.Payload:
			p.Name = "payload"
		}
		m.Parts = append(m.Parts, p)
		i = int(f.Next)
	}
}

func (m *Meter) limits(message *protocol.Message) {
	if n := len(message.Payload); n > maxPayload {
		m.Limits = append(m.Limits, fmt.Sprintf("The payload has %s more than the 1,024 that RFC 7252 §4.6 has as a good upper bound", count(n-maxPayload, "byte", "bytes")))
	}
	switch n := m.Total; {
	case n > maxDatagram:
		m.Limits = append(m.Limits, fmt.Sprintf("With IPv6 and UDP it is %s: more than the 1,280 that every link of IPv6 carries in one packet (RFC 8200 §5)", count(n+ipAndUDP, "byte", "bytes")))
	case n > maxMessage:
		m.Limits = append(m.Limits, fmt.Sprintf("%s more than the 1,152 of RFC 7252 §4.6: with DTLS it may not fit one packet", count(n-maxMessage, "byte", "bytes")))
	}
}

// On measures the same datagram with another radio.
func (m *Meter) On(r Radio) Meter {
	if m.measured.b == nil {
		return *m
	}
	return MeterOf(m.measured.datagram, &m.measured.d, m.measured.b, r)
}

// Line says in short how it goes over the air, and how grave that is.
func (m *Meter) Line() (string, Concept) {
	f := m.Frames
	switch {
	case m.Total == 0:
		return "", Dim
	case m.Total > maxDatagram:
		return fmt.Sprintf("✖ too large for IPv6 over 802.15.4 · %s of CoAP, %d over", Bytes(m.Total), m.Total-maxDatagram), Error
	case f.Count == 1:
		return fmt.Sprintf("fits one 802.15.4 frame · %s of CoAP, %d left", Bytes(m.Total), f.Left), Dim
	}
	return fmt.Sprintf("▲ %d frames of 802.15.4 · %s of CoAP, %d over one frame less", f.Count, Bytes(m.Total), f.Over), Warning
}

// Short is [Meter.Line] where there is little room.
func (m *Meter) Short() string {
	switch {
	case m.Total == 0:
		return ""
	case m.Total > maxDatagram:
		return fmt.Sprintf("✖ %s: too large for 802.15.4", Bytes(m.Total))
	case m.Frames.Count == 1:
		return fmt.Sprintf("%s: fits one 802.15.4 frame", Bytes(m.Total))
	}
	return fmt.Sprintf("▲ %s: %d frames of 802.15.4", Bytes(m.Total), m.Frames.Count)
}

// Secured says what DTLS would add.
func (m *Meter) Secured() string {
	if m.DTLS.Count > m.Frames.Count {
		return fmt.Sprintf("With DTLS %d bytes more, in %s (RFC 7252 §9.1)", dtlsBytes, count(m.DTLS.Count, "frame", "frames"))
	}
	return fmt.Sprintf("With DTLS %d bytes more, no frame more (RFC 7252 §9.1)", dtlsBytes)
}
