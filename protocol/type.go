package protocol

import "fmt"

// Type is the message type (RFC 7252 §3), two bits on the wire.
type Type uint8

const (
	Confirmable     Type = 0 // CON: must be acknowledged or reset
	NonConfirmable  Type = 1 // NON
	Acknowledgement Type = 2 // ACK
	Reset           Type = 3 // RST
)

// String gives the abbreviation of RFC 7252: CON, NON, ACK or RST.
func (t Type) String() string {
	switch t {
	case Confirmable:
		return "CON"
	case NonConfirmable:
		return "NON"
	case Acknowledgement:
		return "ACK"
	case Reset:
		return "RST"
	}
	return fmt.Sprintf("Type(%d)", uint8(t))
}

// Name gives the type's name in words, such as "Acknowledgement".
func (t Type) Name() string {
	switch t {
	case Confirmable:
		return "Confirmable"
	case NonConfirmable:
		return "Non-confirmable"
	case Acknowledgement:
		return "Acknowledgement"
	case Reset:
		return "Reset"
	}
	return t.String()
}

// MessageID matches messages of type ACK or RST to messages of type CON or NON,
// and detects duplicates (RFC 7252 §4.4).
type MessageID uint16

// String gives the message ID as four hexadecimal digits.
func (id MessageID) String() string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[id>>12], digits[id>>8&15], digits[id>>4&15], digits[id&15]})
}
