package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/payload"
	"coapscope/ui/draft"
)

// maxConverted bounds the payloads that are written in another format to see what that saves, in bytes: it is done
// with every letter that is typed.
const maxConverted = 16 << 10

// saver looks for what makes a message shorter. What it says to save is measured on the message.
type saver struct {
	message *protocol.Message
	size    int
	draft   *draft.Draft
	radio   Radio
	all     []Saving
}

func savings(message *protocol.Message, d *draft.Draft, b *draft.Built, r Radio) []Saving {
	s := saver{message: message, draft: d, radio: r}
	s.size = sizeOf(message)
	s.token()
	s.path()
	s.defaults(b)
	s.numbers()
	s.sizes()
	s.payload()
	slices.SortStableFunc(s.all, func(a, b Saving) int { return b.Bytes - a.Bytes })
	s.blocks()
	return s.all
}

// sizeOf is how many bytes a message is.
func sizeOf(m *protocol.Message) int {
	b, err := m.Append(nil)
	if err != nil {
		return 0
	}
	return len(b)
}

// add measures what a changed message saves, and notes it where that is something.
func (s *saver) add(changed protocol.Message, title, hint string, apply func(*draft.Draft)) {
	if n := sizeOf(&changed); n > 0 && n < s.size {
		s.all = append(s.all, Saving{s.size - n, title, hint, apply})
	}
}

func (s *saver) token() {
	m := *s.message
	m.Token = protocol.Token{}
	s.add(m, fmt.Sprintf("No token instead of one of %s", count(s.message.Token.Len(), "byte", "bytes")),
		"Enough for one request at a time to the device. A long random one protects against forged responses where there is no DTLS (RFC 7252 §5.3.1)",
		func(d *draft.Draft) { d.Token = "empty" })
}

// path measures what short names of resources would save. Those of .well-known are not the device's to choose.
func (s *saver) path() {
	m := *s.message
	m.Options = m.Options.Clone()
	path := m.Options.Strings(protocol.URIPath)
	if len(path) == 0 || path[0] == ".well-known" {
		return
	}
	short := protocol.URI{}
	for i := range m.Options {
		if o := &m.Options[i]; o.Number == protocol.URIPath && len(o.Value) > 1 {
			o.Value = o.Value[:1]
		}
	}
	short.Path = m.Options.Strings(protocol.URIPath)
	if !strings.HasPrefix(short.PathQuery(), "/%") {
		s.add(m, fmt.Sprintf("Names of one letter, as %s", short.PathQuery()),
			"Each segment of a path is an option of its length and one byte more, two from 13 letters on (RFC 7252 §3.1). The device has the say", nil)
	}
}

// defaults are options that say what goes without saying.
func (s *saver) defaults(b *draft.Built) {
	o := s.message.Options
	without := func(n protocol.OptionNumber, title, hint string, own bool) {
		m := *s.message
		m.Options = o.Without(n)
		var apply func(*draft.Draft)
		if own {
			apply = func(d *draft.Draft) { d.Remove(n) }
		}
		s.add(m, title, hint, apply)
	}
	own := func(n protocol.OptionNumber) bool { return s.draft.Option(n) >= 0 }
	if age, ok := o.Uint(protocol.MaxAge); ok {
		if s.message.Code.IsRequest() {
			without(protocol.MaxAge, "No Max-Age", "It means nothing in a request (RFC 7252 §5.10)", own(protocol.MaxAge))
		} else if age == 60 {
			without(protocol.MaxAge, "No Max-Age", "60 s is what goes without it (RFC 7252 §5.10.5)", own(protocol.MaxAge))
		}
	}
	if host, ok := o.First(protocol.URIHost); ok {
		if string(host) == strings.Trim(b.Destination.Host, "[]") && own(protocol.URIHost) {
			without(protocol.URIHost, "No Uri-Host", "The address that it is sent to goes without it (RFC 7252 §5.10.1)", true)
		} else {
			without(protocol.URIHost, "An address instead of a name: no Uri-Host", "For a device with one host only (RFC 7252 §5.10.1)", own(protocol.URIHost))
		}
	}
	if port, ok := o.Uint(protocol.URIPort); ok && port == uint32(b.Destination.Port) {
		without(protocol.URIPort, "No Uri-Port", "The port that it is sent to goes without it (RFC 7252 §5.10.1)", own(protocol.URIPort))
	}
}

// numbers are those that could be written shorter.
func (s *saver) numbers() {
	m := *s.message
	m.Options = m.Options.Clone()
	for i := range m.Options {
		o := &m.Options[i]
		if info := o.Number.Lookup(m.Code); info != nil && info.Format == protocol.FormatUint {
			o.Value = bytes.TrimLeft(o.Value, "\x00")
		}
	}
	s.add(m, "Numbers without leading zeros", "A number has as few bytes as it needs, 0 none (RFC 7252 §3.2)", nil)
	for _, n := range []protocol.OptionNumber{protocol.ContentFormatOption, protocol.Accept} {
		if v, ok := s.message.Options.Uint(n); ok && v > 255 {
			m := *s.message
			m.Options = m.Options.Clone().SetUint(n, 1)
			s.add(m, fmt.Sprintf("%s of a number up to 255 instead of %d", n, v),
				"Content formats from 256 on take a byte more, 0 takes none (RFC 7252 §12.3)", nil)
		}
	}
}

// sizes are Size1 and Size2, which are only for information.
func (s *saver) sizes() {
	for _, n := range []protocol.OptionNumber{protocol.Size1, protocol.Size2} {
		if !s.message.Options.Has(n) {
			continue
		}
		m := *s.message
		m.Options = m.Options.Without(n)
		var apply func(*draft.Draft)
		if s.draft.Option(n) >= 0 || n == protocol.Size2 && s.draft.AskSize {
			apply = func(d *draft.Draft) {
				d.Remove(n)
				d.AskSize = d.AskSize && n != protocol.Size2
			}
		}
		s.add(m, "No "+n.String(), "It tells or asks for the size of a body, which the blocks show as well (RFC 7959 §4)", apply)
	}
}

// payload writes JSON as CBOR, and without white space.
func (s *saver) payload() {
	data := s.message.Payload
	if len(data) == 0 || len(data) > maxConverted || s.draft.Form == draft.File {
		return
	}
	if _, blocks := s.message.Options.Block(protocol.Block1); blocks {
		return // it is a part of the payload
	}
	if (data[0] != '{' && data[0] != '[') || !json.Valid(data) {
		return
	}
	tight := new(bytes.Buffer)
	if json.Compact(tight, data) == nil {
		m := *s.message
		m.Payload = tight.Bytes()
		var apply func(*draft.Draft)
		if text := tight.String(); s.draft.Payload == string(data) {
			apply = func(d *draft.Draft) { d.SetPayload(text) }
		}
		s.add(m, "JSON without white space", "It means nothing there (RFC 8259 §2)", apply)
	}
	format, _ := s.message.ContentFormat()
	senML := s.draft.Form == draft.SenML || format == protocol.SenMLJSON
	clause := "RFC 8949"
	encode, next, form := payload.EncodeDiagnostic, protocol.CBOR, draft.Diagnostic
	if senML {
		encode = func(text string) ([]byte, error) { return payload.EncodeSenML(text, true) }
		next, form, clause = protocol.SenMLCBOR, draft.SenML, "RFC 8428 §6"
	}
	packed, err := encode(string(data))
	if err != nil {
		return
	}
	m := *s.message
	m.Payload = packed
	if m.Options.Has(protocol.ContentFormatOption) {
		m.Options = m.Options.Clone().SetUint(protocol.ContentFormatOption, uint64(next))
	}
	var apply func(*draft.Draft)
	if text := string(data); s.draft.Payload == text { // no variables in it, whose values may differ
		apply = func(d *draft.Draft) {
			d.Form = form // JSON is diagnostic notation too
			d.SetOption(protocol.ContentFormatOption, draft.ContentFormatText(next))
		}
	}
	s.add(m, fmt.Sprintf("CBOR instead of JSON: %d bytes instead of %d", len(packed), len(data)),
		"The same data, if the device takes "+next.String()+" ("+clause+")", apply)
}

// responseOverhead is what a response in blocks has before its payload, besides the token: header, Content-Format
// and Block2 of a byte each, marker.
const responseOverhead = 4 + 2 + 2 + 1

// blocks gives the size of blocks with which each message fits one frame.
func (s *saver) blocks() {
	room := s.radio.Room(1)
	set := func(size int) func(*draft.Draft) {
		if s.draft.Plain {
			return nil
		}
		return func(d *draft.Draft) { d.BlockSize = size }
	}
	if len(s.message.Payload) == 0 {
		if c := s.message.Code; c != protocol.GET && c != protocol.FETCH {
			return
		}
		size := largestBlock(room - responseOverhead - s.message.Token.Len())
		if asked, ok := s.message.Options.Block(protocol.Block2); size > 0 && !(ok && asked.Size() <= size) {
			s.all = append(s.all, Saving{
				0, fmt.Sprintf("Ask for blocks of %d bytes: each answer fits one frame", size),
				"With a Content-Format and no ETag (RFC 7959 §2.4). Fewer frames are lost together", set(size),
			})
		}
		return
	}
	if s.radio.Frames(s.size).Count == 1 {
		return
	}
	m := *s.message
	m.Payload = nil
	if !m.Options.Has(protocol.Block1) {
		m.Options = m.Options.Clone().Set(protocol.Block1, protocol.Block{More: true}.Value())
	}
	size := largestBlock(room - sizeOf(&m) - 1)
	if size == 0 {
		return
	}
	title := fmt.Sprintf("Blocks of %d bytes: each message fits one frame", size)
	if !s.message.Options.Has(protocol.Block1) {
		title += fmt.Sprintf(", %d of them", (len(s.message.Payload)+size-1)/size)
	}
	s.all = append(s.all, Saving{0, title, "What is lost is sent again block by block, not all frames together (RFC 7959 §2.5)", set(size)})
}

// largestBlock is the largest size of a block that fits so many bytes; 0 for none.
func largestBlock(room int) int {
	for _, size := range slices.Backward(draft.BlockSizes) {
		if size <= room {
			return size
		}
	}
	return 0
}
