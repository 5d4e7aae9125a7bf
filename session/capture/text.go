package capture

import (
	"fmt"
	"strings"

	"coapscope/protocol"
	"coapscope/session/trace"
)

// Pasted is a message that was read from text.
type Pasted struct {
	// Frame has the message, no Seq, and Direction [trace.Seen]. Time is zero, and addresses are there only
	// where the text tells them.
	Frame trace.Frame

	ReadAs string // such as "base64" or "hex dump, Ethernet"
	Line   int    // where it begins, from 1

	// Inexact says why the bytes may be others than those of the message that the text shows; empty where
	// they are the same.
	Inexact string
}

// TextError tells where a text cannot be read.
type TextError struct {
	Line, Column int    // from 1; a column is a byte
	Reason       string // what stands there, and what is expected
}

func (e *TextError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// textForms is what [ReadText] reads, for errors.
const textForms = "hex, base64, an array or string of a programming language, a hex dump, or the log of coap-client"

// blob is bytes that a text stands for, and where they begin in it.
type blob struct {
	data   []byte
	offset int
}

// misread says at which offset of the text a form of writing bytes is left, and why.
type misread struct {
	offset int
	reason string
}

// ReadText reads messages from what people copy: hex with or without separators, base64 in both alphabets,
// arrays and strings of programming languages, hex dumps of Wireshark, tshark, xxd, hexdump and tcpdump, and the
// log that libcoap's programs write with -v. Of several readings the one that makes the best message counts. In other
// text, hex and base64 that make a whole message are found.
//
// Bytes that are a packet of Ethernet, a Linux cooked capture or IP are taken apart; packets that hold no message are
// passed over if there are others. Bytes that no framing fits are given as a message on UDP, malformed as it is.
//
// The error is a *[TextError].
func ReadText(text string) ([]Pasted, error) {
	if strings.TrimSpace(text) == "" {
		return nil, &TextError{1, 1, "there is nothing; expected " + textForms}
	}
	r := textReader{text: text, line: 1}
	if messages, ok := r.libcoap(); ok {
		return messages, nil
	}
	var blobs []blob
	var as string
	var bad *misread
	switch {
	case hasDump(text):
		blobs, bad = readDump(text)
		as = "hex dump"
	case hasArray(text):
		blobs, bad = readArrays(text)
		as = "array"
	case hasEscapes(text):
		blobs, bad = readStrings(text)
		as = "escaped string"
	default:
		blobs, as, bad = readPlain(text)
		if bad != nil {
			if found, how := readWithin(text); found != nil {
				blobs, as, bad = found, how, nil
			}
		}
	}
	if bad != nil {
		return nil, r.fail(*bad)
	}
	for _, b := range blobs {
		r.add(b, as)
	}
	r.fragments.close()
	if len(r.messages) == 0 {
		if r.passed != nil {
			return nil, r.fail(*r.passed)
		}
		return nil, &TextError{1, 1, "no byte is written here; expected " + textForms}
	}
	return r.messages, nil
}

// textReader makes messages of the bytes that were read.
type textReader struct {
	text         string
	line, offset int // where the count of lines has come to
	messages     []Pasted
	fragments    reassembly
	passed       *misread // the first packet without a message
}

// lineOf gives the line of an offset. Offsets are asked for in ascending order.
func (r *textReader) lineOf(offset int) int {
	r.line += strings.Count(r.text[r.offset:offset], "\n")
	r.offset = offset
	return r.line
}

func (r *textReader) fail(m misread) *TextError {
	before := r.text[:min(m.offset, len(r.text))]
	return &TextError{strings.Count(before, "\n") + 1, len(before) - strings.LastIndexByte(before, '\n'), m.reason}
}

// add takes bytes for a packet, if they look like one, or else for a message.
func (r *textReader) add(b blob, as string) {
	line := r.lineOf(b.offset)
	link, name, ok := linkOf(b.data)
	if !ok {
		for _, frame := range framed(b.data) {
			r.messages = append(r.messages, Pasted{Frame: frame, ReadAs: as, Line: line})
		}
		return
	}
	d, why := r.fragments.takeApart(&packet{link: link, data: b.data})
	if why == taken && (!d.tcp || len(d.data) > 0) {
		for _, frame := range d.framed() {
			r.messages = append(r.messages, Pasted{Frame: frame, ReadAs: as + ", " + name, Line: line})
		}
		return
	}
	if r.passed == nil {
		reason := why.String()
		switch why {
		case taken:
			reason = "a TCP segment without data"
		case waiting:
			reason = SkipFragment.String()
		}
		r.passed = &misread{b.offset, "a packet of " + name + " without a message: " + reason}
	}
}

// framed finds the framing of bytes without a packet around them: that of UDP unless only another fits. Bytes from a
// stream may be several messages.
func framed(data []byte) []trace.Frame {
	seen := trace.Frame{Direction: trace.Seen, Data: data}
	var m protocol.Message
	bad := m.ParseExtended(data)
	if bad == nil && !m.Code.IsSignaling() { // which UDP does not have
		return []trace.Frame{seen}
	}
	if frames := streamed(data); frames != nil {
		return frames
	}
	if bad != nil && m.ParseFraming(protocol.WebSocketFraming, data) == nil && known(m.Code) {
		seen.Transport = trace.WebSocket
	}
	return []trace.Frame{seen}
}

// streamed cuts bytes that are whole messages of a stream into frames; nil if they are not.
func streamed(data []byte) []trace.Frame {
	if !isStream(data) {
		return nil
	}
	var frames []trace.Frame
	for len(data) > 0 {
		n, _, _ := protocol.StreamLength(data)
		frames = append(frames, trace.Frame{Direction: trace.Seen, Transport: trace.TCP, Data: data[:n:n]})
		data = data[n:]
	}
	return frames
}

// isStream tells whether bytes are whole messages of a stream, all with a code that is registered.
func isStream(data []byte) bool {
	var m protocol.Message
	for rest := data; len(rest) > 0; {
		n, ok, err := protocol.StreamLength(rest)
		if err != nil || !ok || n > uint64(len(rest)) || m.ParseFraming(protocol.StreamFraming, rest[:n]) != nil || !known(m.Code) {
			return false
		}
		rest = rest[n:]
	}
	return len(data) > 0
}

func known(code protocol.Code) bool {
	_, ok := code.Info()
	return ok
}

// rank tells how much bytes look like a message or a packet, to choose between readings.
func rank(data []byte) int {
	if _, _, ok := linkOf(data); ok {
		return 5
	}
	var m protocol.Message
	switch {
	case m.ParseExtended(data) == nil:
		if known(m.Code) {
			return 4
		}
		return 3
	case isStream(data):
		return 3
	case m.ParseFraming(protocol.WebSocketFraming, data) == nil && known(m.Code):
		return 2
	case len(data) >= protocol.HeaderLength && data[0]>>6 == protocol.Version:
		return 1
	}
	return 0
}
