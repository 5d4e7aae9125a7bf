package protocol

import "fmt"

// Framing is how a transport delimits messages, and so how their header looks. Options and payload
// are the same in all.
type Framing uint8

const (
	// DatagramFraming is that of UDP and DTLS: a datagram is a message, with version, type and message
	// ID (RFC 7252 §3).
	DatagramFraming Framing = iota
	// StreamFraming is that of TCP and TLS: the header begins with the length of options and payload
	// (RFC 8323 §3.2).
	StreamFraming
	// WebSocketFraming is that of WebSockets: a binary message of the WebSocket is a CoAP message, with
	// a length of zero (RFC 8323 §4.2).
	WebSocketFraming
)

// String names the transport that the framing is of.
func (f Framing) String() string {
	switch f {
	case DatagramFraming:
		return "UDP"
	case StreamFraming:
		return "TCP"
	case WebSocketFraming:
		return "WebSocket"
	}
	return fmt.Sprintf("Framing(%d)", uint8(f))
}

// Reliable tells whether the transport is reliable: then messages have no type and no message ID.
func (f Framing) Reliable() bool { return f != DatagramFraming }

// baseLength32 is what a 32-bit extension of the length of a message on a stream is added to.
const baseLength32 = base16 + 1<<16

// ParseFraming is [Message.Parse] for a message of the framing. On a reliable transport b is one
// message, from the byte with the length on (see [StreamLength]); Type and MessageID are zero then,
// and a length that b does not have is an error.
func (m *Message) ParseFraming(f Framing, b []byte) error {
	if f == DatagramFraming {
		return m.Parse(b)
	}
	*m = Message{Options: m.Options[:0]}
	length, pos, err := streamHead(b)
	if err != nil {
		return err
	}
	m.Code = Code(b[pos-1])
	tkl := int(b[0] & 15)
	switch {
	case tkl == reserved:
		return &ParseError{0, PartHeader, "RFC 8974 §2.1", "token length 15 is reserved", false}
	case tkl >= extend8:
		if len(b) < pos+tkl-extend8+1 {
			return &ParseError{len(b), PartToken, "RFC 8974 §2.1", "ends within the extended token length", false}
		}
		tkl, pos = extended(b, pos, tkl)
	case tkl > 8:
		return &ParseError{0, PartHeader, "RFC 7252 §3", "token length 9 to 12 is reserved unless the endpoint has extended tokens", false}
	}
	if len(b) < pos+tkl {
		return &ParseError{len(b), PartToken, "RFC 8323 §3.2", "ends within the token", false}
	}
	m.Token = TokenOf(b[pos : pos+tkl])
	pos += tkl
	switch rest := uint64(len(b) - pos); {
	case f == WebSocketFraming && length != 0:
		return &ParseError{0, PartHeader, "RFC 8323 §4.2", "length is not zero", false}
	case f == StreamFraming && length > rest:
		return &ParseError{len(b), PartOptions, "RFC 8323 §3.2", "ends before the length in the header", false}
	case f == StreamFraming && length < rest:
		return &ParseError{pos + int(length), PartPayload, "RFC 8323 §3.2", "goes on behind the length in the header", false}
	}
	return m.parseOptions(b, pos)
}

// streamHead reads the header for reliable transports: the length of options and payload, and the
// position behind the code.
func streamHead(b []byte) (length uint64, next int, err error) {
	if len(b) == 0 {
		return 0, 0, &ParseError{0, PartHeader, "RFC 8323 §3.2", "no byte at all", false}
	}
	length, next = uint64(b[0]>>4), 1
	if length >= extend8 {
		n := 1 << (length - extend8)
		if len(b) < 1+n {
			return 0, 0, &ParseError{len(b), PartHeader, "RFC 8323 §3.2", "ends within the extended length", false}
		}
		v := uint64(0)
		for _, c := range b[1 : 1+n] {
			v = v<<8 | uint64(c)
		}
		length, next = v+[...]uint64{1: base8, 2: base16, 4: baseLength32}[n], 1+n
	}
	if len(b) == next {
		return 0, 0, &ParseError{next, PartHeader, "RFC 8323 §3.2", "ends before the code", false}
	}
	return length, next + 1, nil
}

// StreamLength tells how many bytes the message has that a stream goes on with (RFC 8323 §3.2). It
// is false while b is too short to tell. Token length 15 has no meaning (RFC 8974 §2.1) and makes
// the rest of the stream unreadable: then the error is a *[ParseError].
func StreamLength(b []byte) (length uint64, ok bool, err error) {
	length, pos, short := streamHead(b)
	if short != nil {
		return 0, false, nil
	}
	tkl := int(b[0] & 15)
	if tkl >= extend8 {
		if tkl == reserved {
			return 0, false, &ParseError{0, PartHeader, "RFC 8974 §2.1", "token length 15 is reserved", false}
		}
		if len(b) < pos+tkl-extend8+1 {
			return 0, false, nil
		}
		tkl, pos = extended(b, pos, tkl)
	}
	return uint64(pos+tkl) + length, true, nil
}

// AppendFraming is [Message.Append] for a message of the framing. Type and MessageID go nowhere on a
// reliable transport.
func (m *Message) AppendFraming(f Framing, b []byte) ([]byte, error) {
	if f == DatagramFraming {
		return m.Append(b)
	}
	tkl := m.Token.Len()
	if tkl > MaxTokenLength {
		return b, &EncodeError{PartToken, "RFC 8974 §2.1", "token is longer than 65804 bytes"}
	}
	body, err := m.appendBody(nil)
	if err != nil {
		return b, err
	}
	length := 0
	if f == StreamFraming {
		length = len(body)
	}
	nibble := Nibble(length)
	if length >= baseLength32 {
		nibble = reserved
	}
	b = append(b, nibble<<4|Nibble(tkl))
	if nibble == reserved {
		v := length - baseLength32
		b = append(b, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	} else {
		b = AppendExtension(b, length)
	}
	b = append(b, byte(m.Code))
	b = AppendExtension(b, tkl)
	b = m.Token.Append(b)
	return append(b, body...), nil
}
