package dissect

import "coapscope/protocol"

// valueParts adds the parts of an option's value, for options that pack several things into it.
func (t *Tree) valueParts(o *OptionEntry) {
	if t.context&protocol.InSignaling != 0 {
		return
	}
	switch o.Number {
	case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
		t.blockParts(o)
	case protocol.NoResponse:
		t.noResponseParts(o)
	case protocol.OSCORE:
		t.oscoreParts(o)
	case protocol.OCFAcceptContentFormatVersion, protocol.OCFContentFormatVersion:
		t.versionParts(o)
	}
}

// versionParts adds major, minor and sub version: 5, 5 and 6 bits (OCF Core).
func (t *Tree) versionParts(o *OptionEntry) {
	if len(o.Value) != 2 {
		return
	}
	bit, v := t.Fields[o.ValueAt].Bit, uint64(o.Value[0])<<8|uint64(o.Value[1])
	t.add(OCFMajor, bit, 5, v>>11)
	t.add(OCFMinor, bit+5, 5, v>>6&0x1f)
	t.add(OCFSub, bit+10, 6, v&0x3f)
}

// blockParts adds NUM, M and SZX (RFC 7959 §2.2).
func (t *Tree) blockParts(o *OptionEntry) {
	v, ok := protocol.DecodeBlock(o.Value)
	if !ok || len(o.Value) > 3 {
		return
	}
	s := t.Fields[o.ValueAt].Span
	more := uint64(0)
	if v.More {
		more = 1
	}
	t.add(BlockNum, s.Bit, s.Bits-4, uint64(v.Num))
	t.add(BlockMore, s.End()-4, 1, more)
	t.add(BlockSZX, s.End()-3, 3, uint64(v.SZX))
}

// noResponseParts adds the bits of No-Response (RFC 7967 §2.1).
func (t *Tree) noResponseParts(o *OptionEntry) {
	if len(o.Value) != 1 {
		return
	}
	bit, v := t.Fields[o.ValueAt].Bit, uint64(o.Value[0])
	t.add(NoResponseReserved, bit, 3, v>>5)
	t.add(NoResponse5xx, bit+3, 1, v>>4&1)
	t.add(NoResponse4xx, bit+4, 1, v>>3&1)
	t.add(NoResponseReserved, bit+5, 1, v>>2&1)
	t.add(NoResponse2xx, bit+6, 1, v>>1&1)
	t.add(NoResponseReserved, bit+7, 1, v&1)
}

// oscoreParts adds flag bits, Partial IV, kid context and kid (RFC 8613 §6.1), as far as the value reaches.
func (t *Tree) oscoreParts(o *OptionEntry) {
	value := t.Fields[o.ValueAt].Span
	flags := o.Value[0]
	hasContext, hasKid, ivLength := flags>>4&1, flags>>3&1, int(flags&7)
	t.add(OSCOREReserved, value.Bit, 3, uint64(flags>>5))
	t.add(OSCOREKidContextFlag, value.Bit+3, 1, uint64(hasContext))
	t.add(OSCOREKidFlag, value.Bit+4, 1, uint64(hasKid))
	t.add(OSCOREPartialIVLength, value.Bit+5, 3, uint64(ivLength))

	pos, end := value.FirstByte()+1, value.EndByte()
	part := func(kind Kind, length int) bool {
		n := min(length, end-pos)
		if n > 0 {
			i := t.add(kind, pos*8, n*8, uint64(length))
			t.Fields[i].Cut = n < length
		}
		pos += n
		return n == length
	}
	if !part(OSCOREPartialIV, ivLength) {
		return
	}
	if hasContext != 0 {
		if pos == end {
			return
		}
		length := int(t.Bytes[pos])
		t.add(OSCOREKidContextLength, pos*8, 8, uint64(length))
		pos++
		if !part(OSCOREKidContext, length) {
			return
		}
	}
	if hasKid != 0 {
		part(OSCOREKid, end-pos)
	} else if pos < end {
		t.add(Undecodable, pos*8, (end-pos)*8, uint64(end-pos))
	}
}
