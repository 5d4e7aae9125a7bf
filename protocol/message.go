package protocol

import "fmt"

// Version is the only CoAP version there is (RFC 7252 §3).
const Version = 1

// PayloadMarker separates options and payload (RFC 7252 §3).
const PayloadMarker = 0xff

// Message is a CoAP message as RFC 7252 §3 puts it into a UDP datagram.
type Message struct {
	Type      Type
	Code      Code
	MessageID MessageID
	Token     Token
	Options   Options
	Payload   []byte // nil or empty for none
}

// Clone gives a copy that shares no memory, to keep a message beyond the buffer it was parsed from.
func (m Message) Clone() Message {
	m.Options = m.Options.Clone()
	if m.Payload != nil {
		m.Payload = append([]byte{}, m.Payload...)
	}
	return m
}

// IsEmpty tells whether this is an Empty message: a bare ACK, a RST or a ping (RFC 7252 §4.1).
func (m *Message) IsEmpty() bool { return m.Code == Empty }

// ContentFormat reads the Content-Format option; false where there is none or an invalid one.
func (m *Message) ContentFormat() (ContentFormat, bool) {
	v, ok := m.Options.Uint(ContentFormatOption)
	return ContentFormat(v), ok && v <= 0xffff
}

// Path gives the Uri-Path of a request as "/a/b", percent-encoded as in a URI, and "/" for none.
func (m *Message) Path() string { return pathText(m.Options, URIPath) }

// String describes the message in one line, such as "CON GET 7d34 a1f3".
func (m Message) String() string {
	s := fmt.Sprintf("%s %s %s", m.Type, m.Code.Short(), m.MessageID)
	if m.Token.Len() > 0 {
		s += " " + m.Token.String()
	}
	return s
}

// Part is a part of a message, to say where something is wrong.
type Part uint8

const (
	PartHeader Part = iota
	PartToken
	PartOptions
	PartPayload
)

// String gives the part's name.
func (p Part) String() string {
	switch p {
	case PartHeader:
		return "header"
	case PartToken:
		return "token"
	case PartOptions:
		return "options"
	case PartPayload:
		return "payload"
	}
	return fmt.Sprintf("Part(%d)", uint8(p))
}

// ParseError says why bytes are not a message.
type ParseError struct {
	Offset  int // of the first byte that is wrong, or of the end where bytes are missing
	Part    Part
	Section string // such as "RFC 7252 §3"
	Reason  string

	// Ignored tells that the datagram must be silently ignored, rather than rejected, because it is
	// too short for a header or has another version (RFC 7252 §3).
	Ignored bool
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("byte %d, %s: %s (%s)", e.Offset, e.Part, e.Reason, e.Section)
}

// EncodeError says why a message has no encoding.
type EncodeError struct {
	Part    Part
	Section string
	Reason  string
}

func (e *EncodeError) Error() string {
	return fmt.Sprintf("%s: %s (%s)", e.Part, e.Reason, e.Section)
}
