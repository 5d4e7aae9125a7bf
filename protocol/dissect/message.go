package dissect

import "coapscope/protocol"

// header reads the fixed header, as far as it is there (RFC 7252 §3). All that read a part give the
// position behind it, and false where an error keeps the rest from being read.
func (t *Tree) header() (int, bool) {
	b := t.Bytes
	if len(b) < protocol.HeaderLength {
		t.report(ruleTooShort, bytesSpan(0, len(b)), min(0, len(b)-1), "4 bytes or more", count(len(b), "byte"))
	}
	if len(b) == 0 {
		return 0, false
	}
	end := min(len(b), protocol.HeaderLength)
	header := t.open(Header, 0, end*8, uint64(end))
	t.Version = b[0] >> 6
	t.Type = protocol.Type(b[0] >> 4 & 3)
	version := t.add(Version, 0, 2, uint64(t.Version))
	t.add(MessageType, 2, 2, uint64(t.Type))
	t.tokenLengthAt = t.add(TokenLength, 4, 4, uint64(b[0]&15))
	if len(b) > 1 {
		t.code(1)
	}
	switch {
	case len(b) > 3:
		t.MessageID = protocol.MessageID(b[2])<<8 | protocol.MessageID(b[3])
		t.add(MessageID, 16, 16, uint64(t.MessageID))
	case len(b) == 3:
		t.addCut(MessageID, 16, 8, uint64(b[2]))
	}
	t.close(header)
	if t.Version != protocol.Version {
		t.report(ruleVersion, t.Fields[version].Span, version, "1", number(uint64(t.Version)))
		return end, false
	}
	return end, len(b) >= protocol.HeaderLength
}

// code reads the code at the byte.
func (t *Tree) code(pos int) {
	t.Code = protocol.Code(t.Bytes[pos])
	t.codeAt = t.open(Code, pos*8, 8, uint64(t.Code))
	t.add(CodeClass, pos*8, 3, uint64(t.Code.Class()))
	t.add(CodeDetail, pos*8+3, 5, uint64(t.Code.Detail()))
	t.close(t.codeAt)
}

// Values of the 4-bit length and delta fields (RFC 7252 §3.1, RFC 8974 §2.1).
const (
	nibble8        = 13 // 8 bits follow: the value less 13
	nibble16       = 14 // 16 bits follow: the value less 269
	nibbleReserved = 15

	base8  = 13
	base16 = 269
)

// token reads the extension of the token length and the token (RFC 7252 §3, RFC 8974 §2.1).
func (t *Tree) token(pos int) (int, bool) {
	b := t.Bytes
	if t.Framing == protocol.DatagramFraming && t.Code == protocol.Empty && len(b) > protocol.HeaderLength {
		t.report(ruleEmptyWithContent, bytesSpan(protocol.HeaderLength, len(b)), t.codeAt,
			"no byte behind the message ID", count(len(b)-protocol.HeaderLength, "byte"))
	}
	nibble := b[0] & 15
	switch length := int(nibble); {
	case nibble == nibbleReserved:
		t.reportField(ruleTokenLength15, t.tokenLengthAt, "0 to 8, or 13 or 14 for an extended token", "15")
		return pos, false
	case nibble >= nibble8:
		n := int(nibble) - nibble8 + 1
		if left := len(b) - pos; left < n {
			at := t.tokenLengthAt
			if left > 0 {
				at = t.addCut(TokenLengthExtension, pos*8, left*8, uint64(b[pos]))
			}
			t.reportField(ruleTokenLengthCut, at, count(n, "byte"), count(left, "byte"))
			return len(b), false
		}
		v, next := extension(b, pos, nibble)
		t.add(TokenLengthExtension, pos*8, n*8, uint64(v))
		return t.tokenBytes(next, v+base(nibble))
	case length > 8:
		t.reportField(ruleTokenLengthReserved, t.tokenLengthAt, "0 to 8", number(uint64(length)))
		fallthrough
	default:
		return t.tokenBytes(pos, length)
	}
}

func (t *Tree) tokenBytes(pos, length int) (int, bool) {
	b := t.Bytes
	if left := len(b) - pos; left < length {
		at := t.tokenLengthAt
		if left > 0 {
			t.Token = b[pos:]
			at = t.addCut(Token, pos*8, left*8, uint64(length))
		}
		t.reportField(ruleTokenPastEnd, at, "a token of "+count(length, "byte"), count(left, "byte")+" left")
		return len(b), false
	}
	if length > 0 {
		t.Token = b[pos : pos+length]
		t.add(Token, pos*8, length*8, uint64(length))
	}
	return pos + length, true
}

// payload reads payload marker and payload, if the message goes on (RFC 7252 §3). It gives the message's end.
func (t *Tree) payload(pos int) int {
	end := t.end
	if pos == end {
		return end
	}
	group := t.open(PayloadGroup, pos*8, (end-pos)*8, uint64(end-pos-1))
	marker := t.add(PayloadMarker, pos*8, 8, protocol.PayloadMarker)
	if pos+1 < end {
		t.Payload = t.Bytes[pos+1 : end]
		t.add(Payload, pos*8+8, len(t.Payload)*8, uint64(len(t.Payload)))
	} else {
		t.reportField(ruleMarkerWithoutPayload, marker, "a payload of at least 1 byte behind the marker", "the message ends")
	}
	t.close(group)
	return end
}

// extension reads the bytes that extend a 4-bit field with the value 13 or 14, as they are on the wire.
func extension(b []byte, pos int, nibble byte) (value, next int) {
	if nibble == nibble8 {
		return int(b[pos]), pos + 1
	}
	return int(b[pos])<<8 | int(b[pos+1]), pos + 2
}

// base is what the bytes that extend the 4-bit field have to be added to.
func base(nibble byte) int {
	switch nibble {
	case nibble8:
		return base8
	case nibble16:
		return base16
	}
	return 0
}
