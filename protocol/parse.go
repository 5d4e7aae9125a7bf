package protocol

// HeaderLength is the length of the fixed header in bytes (RFC 7252 §3).
const HeaderLength = 4

// Values of the 4-bit length and delta fields that say that a longer field follows
// (RFC 7252 §3.1, and RFC 8974 §2.1 for tokens).
const (
	extend8  = 13 // 8 bits follow: the value less 13
	extend16 = 14 // 16 bits follow: the value less 269
	reserved = 15

	base8  = 13
	base16 = 269
)

// Parse reads a datagram as a message. See [Message.Parse].
func Parse(b []byte) (Message, error) {
	var m Message
	err := m.Parse(b)
	return m, err
}

// Header reads what is needed to reject a datagram that Parse refuses: type and message ID
// (RFC 7252 §4.2). It is false where there is no header, or one of another version.
func Header(b []byte) (t Type, id MessageID, ok bool) {
	if len(b) < HeaderLength || b[0]>>6 != Version {
		return 0, 0, false
	}
	return Type(b[0] >> 4 & 3), MessageID(b[2])<<8 | MessageID(b[3]), true
}

// Parse reads a datagram into m, reusing the memory of m.Options. Option values and payload
// are not copied: they are parts of b. The error, if any, is a *[ParseError]; m then holds what
// was read before it.
//
// It is strict about format and silent about sense: codes of reserved classes, unknown options
// and values of wrong length are accepted as they are. The token length field may have the values
// 0 to 8 and, for extended tokens, 13 and 14; see [Message.ParseExtended] for 9 to 12.
func (m *Message) Parse(b []byte) error { return m.parse(b, false) }

// ParseExtended is Parse for datagrams of an endpoint that is known to have extended tokens. With
// it the token length field is the length up to 12 (RFC 8974 §2.1); for any other endpoint 9 to 12
// are reserved and a message format error (RFC 7252 §3).
func (m *Message) ParseExtended(b []byte) error { return m.parse(b, true) }

func (m *Message) parse(b []byte, extendedTokens bool) error {
	*m = Message{Options: m.Options[:0]}
	if len(b) < HeaderLength {
		return &ParseError{len(b), PartHeader, "RFC 7252 §3", "shorter than the header of 4 bytes", true}
	}
	if b[0]>>6 != Version {
		return &ParseError{0, PartHeader, "RFC 7252 §3", "version is not 1", true}
	}
	m.Type = Type(b[0] >> 4 & 3)
	m.Code = Code(b[1])
	m.MessageID = MessageID(b[2])<<8 | MessageID(b[3])

	pos, tkl := HeaderLength, int(b[0]&15)
	if tkl > 8 {
		switch {
		case tkl == reserved:
			return &ParseError{0, PartHeader, "RFC 8974 §2.1", "token length 15 is reserved", false}
		case tkl >= extend8:
			if len(b) < pos+tkl-extend8+1 {
				return &ParseError{len(b), PartToken, "RFC 8974 §2.1", "ends within the extended token length", false}
			}
			tkl, pos = extended(b, pos, tkl)
		case !extendedTokens:
			return &ParseError{0, PartHeader, "RFC 7252 §3", "token length 9 to 12 is reserved unless the endpoint has extended tokens", false}
		}
	}
	if m.Code == Empty && len(b) > HeaderLength {
		return &ParseError{HeaderLength, PartToken, "RFC 7252 §4.1", "Empty message with bytes after the message ID", false}
	}
	if len(b) < pos+tkl {
		return &ParseError{len(b), PartToken, "RFC 7252 §3", "ends within the token", false}
	}
	m.Token = TokenOf(b[pos : pos+tkl])
	return m.parseOptions(b, pos+tkl)
}

func (m *Message) parseOptions(b []byte, pos int) error {
	number := 0
	for pos < len(b) {
		start := pos
		head := b[pos]
		pos++
		if head == PayloadMarker {
			if pos == len(b) {
				return &ParseError{start, PartPayload, "RFC 7252 §3", "payload marker without payload", false}
			}
			m.Payload = b[pos:len(b):len(b)]
			return nil
		}
		delta, length := int(head>>4), int(head&15)
		if delta >= extend8 {
			if delta == reserved {
				return &ParseError{start, PartOptions, "RFC 7252 §3.1", "option delta 15 outside a payload marker", false}
			}
			if pos+delta-extend8+1 > len(b) {
				return &ParseError{len(b), PartOptions, "RFC 7252 §3.1", "ends within the extended option delta", false}
			}
			delta, pos = extended(b, pos, delta)
		}
		if length >= extend8 {
			if length == reserved {
				return &ParseError{start, PartOptions, "RFC 7252 §3.1", "option length 15 is reserved", false}
			}
			if pos+length-extend8+1 > len(b) {
				return &ParseError{len(b), PartOptions, "RFC 7252 §3.1", "ends within the extended option length", false}
			}
			length, pos = extended(b, pos, length)
		}
		number += delta
		if number > 0xffff {
			return &ParseError{start, PartOptions, "RFC 7252 §12.2", "option number above 65535", false}
		}
		if length > len(b)-pos {
			return &ParseError{len(b), PartOptions, "RFC 7252 §3.1", "ends within the option value", false}
		}
		m.Options = append(m.Options, Option{OptionNumber(number), b[pos : pos+length : pos+length]})
		pos += length
	}
	return nil
}

// extended reads the extension of a 4-bit field with the value 13 or 14, which is there.
func extended(b []byte, pos, nibble int) (value, next int) {
	if nibble == extend8 {
		return int(b[pos]) + base8, pos + 1
	}
	return (int(b[pos])<<8 | int(b[pos+1])) + base16, pos + 2
}
