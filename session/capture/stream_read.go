package capture

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"coapscope/protocol"
	"coapscope/session/trace"
)

// read cuts messages out of what a direction has in its buffer, of which the bytes before searched were looked at before.
func (s *streams) read(c *connection, way *direction, searched int, emit func(trace.Transport, []byte)) {
	if c.content != contentSocket {
		switch {
		case len(way.buffer) < len(httpGET) && bytes.HasPrefix(httpGET, way.buffer) && way.syn:
			return // may become a WebSocket, on any port
		case way.syn && !way.socket.begun && bytes.HasPrefix(way.buffer, httpGET):
			s.upgrade(c, way, searched)
			return
		case c.content == contentUnknown:
			s.guess(c, way)
		}
	}
	switch c.content {
	case contentStream:
		s.messages(c, way, emit)
	case contentSocket:
		s.socket(c, way, searched, emit)
	}
}

// guess takes a connection for CoAP if the first message of either side is a CSM, as it must be (RFC 8323 §5.3).
func (s *streams) guess(c *connection, way *direction) {
	n, ok, err := protocol.StreamLength(way.buffer)
	if s.choice.Guess && way.syn && err == nil && (!ok || n > uint64(len(way.buffer))) && len(way.buffer) < 64 {
		return // not all of it is here yet
	}
	if s.choice.Guess && way.syn && err == nil && ok && n <= uint64(len(way.buffer)) && isCSM(way.buffer[:n]) {
		c.guessed = true
		s.decide(c, contentStream, taken)
		return
	}
	s.decide(c, contentOther, SkipPort)
}

// isCSM tells whether bytes are a Capabilities and Settings Message without a token and with options that are
// registered or elective.
func isCSM(b []byte) bool {
	var m protocol.Message
	if m.ParseFraming(protocol.StreamFraming, b) != nil || m.Code != protocol.CSM || m.Token.Len() != 0 {
		return false
	}
	for _, o := range m.Options {
		if row := o.Number.Lookup(m.Code); row == nil && o.Number.Critical() || row != nil && len(o.Value) > row.MaxLen {
			return false
		}
	}
	return true
}

// messages cuts a stream at the lengths of its messages (RFC 8323 §3.2).
func (s *streams) messages(c *connection, way *direction, emit func(trace.Transport, []byte)) {
	for len(way.buffer) > 0 {
		n, ok, err := protocol.StreamLength(way.buffer)
		switch {
		case err != nil || ok && n > maxMessage:
			s.recount(1, SkipStream)
			s.lose(c, way, SkipStream)
			return
		case !ok || n > uint64(len(way.buffer)):
			return
		}
		emit(trace.TCP, way.buffer[:n:n])
		way.buffer = way.buffer[n:]
		s.buffered -= int(n)
	}
	way.buffer = nil // not to hold what is read
}

// socket is how far one side of a WebSocket was read.
type socket struct {
	begun   bool   // the HTTP header is behind it
	message []byte // fragments so far
	binary  bool   // they are those of a binary message
	open    bool   // more fragments are to come
}

var (
	httpGET = []byte("GET /")
	headEnd = []byte("\r\n\r\n")
)

// head gives the lines of an HTTP header, when all of it is there, and takes it out of the buffer. It is false if there
// can be none.
func (s *streams) head(way *direction, searched int) (lines []string, ok bool) {
	from := max(searched-len(headEnd)+1, 0)
	end := bytes.Index(way.buffer[from:], headEnd)
	if end < 0 {
		return nil, len(way.buffer) <= maxHead
	}
	lines = strings.Split(string(way.buffer[:from+end]), "\r\n")
	s.consume(way, from+end+len(headEnd))
	way.socket.begun = true
	return lines, true
}

func (s *streams) consume(way *direction, n int) {
	way.buffer = way.buffer[n:]
	s.buffered -= n
}

// header gives the values of an HTTP header field, which are separated by commas.
func header(lines []string, name string) (values []string) {
	for _, line := range lines[1:] {
		if field, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(field, name) {
			for v := range strings.SplitSeq(value, ",") {
				values = append(values, strings.TrimSpace(v))
			}
		}
	}
	return values
}

// upgrade reads the request that makes a WebSocket of a connection (RFC 6455 §4.1, RFC 8323 §4.1).
func (s *streams) upgrade(c *connection, way *direction, searched int) {
	lines, ok := s.head(way, searched)
	switch {
	case ok && lines == nil:
	case ok && slices.Contains(header(lines, "Sec-WebSocket-Protocol"), "coap"):
		s.decide(c, contentSocket, taken)
	case c.content == contentStream: // chosen by its port
		s.recount(1, SkipStream)
		s.lose(c, way, SkipStream)
	default:
		s.decide(c, contentOther, SkipPort)
	}
}

// socket reads one side of a WebSocket: the answer to its upgrade, and then its frames.
func (s *streams) socket(c *connection, way *direction, searched int, emit func(trace.Transport, []byte)) {
	if !way.socket.begun {
		lines, ok := s.head(way, searched)
		switch {
		case ok && lines == nil:
			return
		case !ok || !strings.HasPrefix(lines[0], "HTTP/1.1 101") || !slices.Contains(header(lines, "Sec-WebSocket-Protocol"), "coap"):
			s.recount(1, SkipPort)
			s.decide(c, contentOther, SkipPort)
			return
		}
		for _, extension := range header(lines, "Sec-WebSocket-Extensions") {
			if strings.HasPrefix(extension, "permessage-deflate") {
				s.recount(1, SkipCompressed)
				s.decide(c, contentOther, SkipCompressed)
				return
			}
		}
	}
	for len(way.buffer) > 0 {
		n, ok := s.frame(way, emit)
		if !ok {
			s.recount(1, SkipStream)
			s.lose(c, way, SkipStream)
			return
		}
		if n == 0 {
			return
		}
		s.consume(way, n)
	}
	way.buffer = nil
}

// Opcodes of WebSocket frames (RFC 6455 §5.2).
const (
	opContinuation = 0
	opText         = 1
	opBinary       = 2
	opClose        = 8
	opPing         = 9
	opPong         = 10
)

// frame reads a WebSocket frame (RFC 6455 §5.2) and gives its length, 0 while not all of it is there. Messages of text
// and control frames are no CoAP (RFC 8323 §4.2).
func (s *streams) frame(way *direction, emit func(trace.Transport, []byte)) (length int, ok bool) {
	b := way.buffer
	if len(b) < 2 {
		return 0, true
	}
	final, opcode, masked := b[0]&0x80 != 0, b[0]&15, b[1]&0x80 != 0
	size, at := uint64(b[1]&0x7f), 2
	switch extended := size; {
	case extended == 126 && len(b) >= 4:
		size, at = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case extended == 127 && len(b) >= 10:
		size, at = binary.BigEndian.Uint64(b[2:]), 10
	case extended >= 126:
		return 0, true
	}
	if b[0]&0x70 != 0 || size > maxMessage || uint64(len(way.socket.message))+size > maxMessage {
		return 0, false
	}
	if masked {
		at += 4
	}
	end := at + int(size)
	if len(b) < end {
		return 0, true
	}
	payload := b[at:end:end]
	if masked {
		for i := range payload {
			payload[i] ^= b[at-4+i&3]
		}
	}
	w := &way.socket
	switch opcode {
	case opClose, opPing, opPong:
		return end, true
	case opText, opBinary:
		if w.open {
			return 0, false // the message before is not complete
		}
		w.binary = opcode == opBinary
	case opContinuation:
		if !w.open {
			return 0, false
		}
	default:
		return 0, false
	}
	switch w.open = !final; {
	case !w.binary:
	case final && len(w.message) == 0:
		emit(trace.WebSocket, payload)
	default:
		w.message = append(w.message, payload...)
		s.buffered += len(payload)
		if final {
			emit(trace.WebSocket, w.message)
			s.buffered -= len(w.message)
			w.message = nil
		}
	}
	return end, true
}
