package protocol

import "slices"

// MaxOptionLength is the longest option value that has an encoding (RFC 7252 §3.1).
const MaxOptionLength = 0xffff + base16

// Append appends the message's datagram to b. Options are put in order of number, those of the
// same number in the order they have. The error, if any, is an *[EncodeError], and b is unchanged:
// for an Empty message with more than a header, and for tokens and values that no length field can
// express. What merely breaks a rule is encoded as it is.
func (m *Message) Append(b []byte) ([]byte, error) {
	if m.Type > Reset {
		return b, &EncodeError{PartHeader, "RFC 7252 §3", "type has two bits"}
	}
	if m.Code == Empty && (m.Token.Len() > 0 || len(m.Options) > 0 || len(m.Payload) > 0) {
		return b, &EncodeError{PartHeader, "RFC 7252 §4.1", "an Empty message ends after the message ID"}
	}
	tkl := m.Token.Len()
	if tkl > MaxTokenLength {
		return b, &EncodeError{PartToken, "RFC 8974 §2.1", "token is longer than 65804 bytes"}
	}
	start := len(b)
	b = append(b, Version<<6|byte(m.Type)<<4|Nibble(tkl), byte(m.Code), byte(m.MessageID>>8), byte(m.MessageID))
	b = AppendExtension(b, tkl)
	b = m.Token.Append(b)
	b, err := m.appendBody(b)
	if err != nil {
		return b[:start], err
	}
	return b, nil
}

// appendBody appends options and payload, which are the same in all framings.
func (m *Message) appendBody(b []byte) ([]byte, error) {
	options := m.Options
	sorted := true
	for i := range options {
		if len(options[i].Value) > MaxOptionLength {
			return b, &EncodeError{PartOptions, "RFC 7252 §3.1", "value of option " + options[i].Number.String() + " is longer than 65804 bytes"}
		}
		sorted = sorted && (i == 0 || options[i-1].Number <= options[i].Number)
	}
	if !sorted {
		options = slices.Clone(options)
		slices.SortStableFunc(options, func(x, y Option) int { return int(x.Number) - int(y.Number) })
	}

	previous := OptionNumber(0)
	for i := range options {
		o := &options[i]
		delta, length := int(o.Number-previous), len(o.Value)
		b = append(b, Nibble(delta)<<4|Nibble(length))
		b = AppendExtension(b, delta)
		b = AppendExtension(b, length)
		b = append(b, o.Value...)
		previous = o.Number
	}
	if len(m.Payload) > 0 {
		b = append(b, PayloadMarker)
		b = append(b, m.Payload...)
	}
	return b, nil
}

// Nibble gives the 4-bit field for a delta or length: the value itself, or 13 or 14 where an extension follows
// (RFC 7252 §3.1, and RFC 8974 §2.1 for tokens).
func Nibble(v int) byte {
	switch {
	case v < base8:
		return byte(v)
	case v < base16:
		return extend8
	}
	return extend16
}

// AppendExtension appends the bytes that extend the 4-bit field of v, if any; see [Nibble].
func AppendExtension(b []byte, v int) []byte {
	switch {
	case v < base8:
		return b
	case v < base16:
		return append(b, byte(v-base8))
	}
	return append(b, byte((v-base16)>>8), byte(v-base16))
}
