package dissect

import "coapscope/protocol"

// reliableHeader reads the header of TCP and WebSockets, as far as it is there (RFC 8323 §3.2, §4.2).
func (t *Tree) reliableHeader() (int, bool) {
	b := t.Bytes
	if len(b) == 0 {
		t.report(ruleNoCode, Span{}, -1, "2 bytes or more", count(0, "byte"))
		return 0, false
	}
	header := t.open(Header, 0, 8, 0)
	length := t.add(Length, 0, 4, uint64(b[0]>>4))
	t.tokenLengthAt = t.add(TokenLength, 4, 4, uint64(b[0]&15))
	pos := 1
	if want := lengthBytes(b[0] >> 4); want > 0 {
		n := min(want, len(b)-1)
		if n > 0 {
			length = t.addExtension(LengthExtension, 1, n, n < want)
		}
		pos += n
		if n < want {
			t.closeHeader(header, pos)
			t.reportField(ruleMessageLengthCut, length, count(want, "byte"), count(n, "byte"))
			return pos, false
		}
	}
	if pos == len(b) {
		t.closeHeader(header, pos)
		t.reportField(ruleNoCode, header, "a code behind the length", "the message ends")
		return pos, false
	}
	t.code(pos)
	t.closeHeader(header, pos+1)
	return pos + 1, true
}

// closeHeader ends the header, whose length is known only when it has been read.
func (t *Tree) closeHeader(i, end int) {
	t.Fields[i].Number = uint64(end)
	t.closeAt(i, end*8)
}

// lengthBytes is how many bytes extend the 4-bit length of a message (RFC 8323 §3.2).
func lengthBytes(nibble byte) int {
	if nibble < nibble8 {
		return 0
	}
	return 1 << (nibble - nibble8)
}

// lengthBase is what the bytes that extend the 4-bit length of a message have to be added to.
func lengthBase(bytes int) uint64 {
	switch bytes {
	case 1:
		return base8
	case 2:
		return base16
	}
	return base16 + 1<<16
}

// declaredLength gives the length of options and payload that the header says, and the field that says it.
func (t *Tree) declaredLength() (length uint64, field int) {
	const nibble = 1 // the header comes first, and the length first in it
	if i := nibble + 2; t.Fields[i].Kind == LengthExtension {
		return t.Fields[i].Number + lengthBase(t.Fields[i].Bits/8), i
	}
	return t.Fields[nibble].Number, nibble
}

// messageEnd finds where the message ends on a reliable transport: on a stream, its header says how long options
// and payload are; on a WebSocket, the WebSocket does.
func (t *Tree) messageEnd(pos int) {
	if t.Framing == protocol.DatagramFraming {
		return
	}
	length, field := t.declaredLength()
	rest := len(t.Bytes) - pos
	switch {
	case t.Framing == protocol.WebSocketFraming:
		if length != 0 {
			t.reportField(ruleWebSocketLength, field, "0", number(length))
		}
	case length > uint64(rest):
		t.reportField(ruleShorterThanLength, field, count(int(length), "byte")+" of options and payload", count(rest, "byte"))
	case length < uint64(rest):
		t.end = pos + int(length)
		t.report(ruleLongerThanLength, bytesSpan(t.end, len(t.Bytes)), field,
			count(int(length), "byte")+" of options and payload", count(rest, "byte"))
	}
}
