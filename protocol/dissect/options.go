package dissect

import "coapscope/protocol"

// optionHead is what comes before an option's value (RFC 7252 §3.1).
type optionHead struct {
	deltaNibble, lengthNibble byte
	deltaBytes, lengthBytes   int // of the extensions, as far as they are there
	delta, length             int
	valueAt                   int    // position behind the head
	fault                     ruleID // 0 if there is none
}

// readOptionHead reads the head of the option at pos, up to its fault if it has one.
func readOptionHead(b []byte, pos int) (h optionHead) {
	h.deltaNibble, h.lengthNibble = b[pos]>>4, b[pos]&15
	h.delta, h.length = int(h.deltaNibble), int(h.lengthNibble)
	pos++
	if h.deltaNibble >= nibble8 {
		var ok bool
		if h.delta, h.deltaBytes, ok = readExtension(b, pos, h.deltaNibble); !ok {
			h.fault = ruleDeltaCut
			if h.deltaNibble == nibbleReserved {
				h.fault = ruleDelta15
			}
		}
		pos += h.deltaBytes
	}
	if h.lengthNibble >= nibble8 && h.fault == 0 {
		var ok bool
		if h.length, h.lengthBytes, ok = readExtension(b, pos, h.lengthNibble); !ok {
			h.fault = ruleLengthCut
			if h.lengthNibble == nibbleReserved {
				h.fault = ruleLength15
			}
		}
		pos += h.lengthBytes
	}
	h.valueAt = pos
	return h
}

// readExtension gives the value of a 4-bit field of 13 or more with its extension, and how many bytes that has;
// false where they are not all there, or for 15.
func readExtension(b []byte, pos int, nibble byte) (value, n int, ok bool) {
	if nibble == nibbleReserved {
		return 0, 0, false
	}
	n = int(nibble) - nibble8 + 1
	if left := len(b) - pos; left < n {
		return 0, left, false
	}
	v, _ := extension(b, pos, nibble)
	return v + base(nibble), n, true
}

// options reads all options (RFC 7252 §3.1).
func (t *Tree) options(pos int) (int, bool) {
	b := t.Bytes[:t.end]
	if pos == len(b) || b[pos] == protocol.PayloadMarker {
		return pos, true
	}
	group := t.open(OptionsGroup, pos*8, 0, 0)
	previous, ok := 0, true
	for ok && pos < len(b) && b[pos] != protocol.PayloadMarker {
		if len(t.Fields) >= MaxFields {
			pos, ok = t.undrawnOptions(pos, previous)
			break
		}
		pos, previous, ok = t.oneOption(pos, previous)
	}
	t.option = -1
	t.Fields[group].Number = uint64(len(t.Options))
	t.closeAt(group, pos*8)
	return pos, ok
}

func (t *Tree) oneOption(pos, previous int) (next, sum int, ok bool) {
	b, bit := t.Bytes[:t.end], pos*8
	h := readOptionHead(b, pos)
	sum = previous + h.delta
	t.option = int32(len(t.Options))
	field := t.open(Option, bit, 0, uint64(sum))
	delta := t.add(OptionDelta, bit, 4, uint64(h.deltaNibble))
	length := t.add(OptionLength, bit+4, 4, uint64(h.lengthNibble))
	if h.deltaBytes > 0 {
		delta = t.addExtension(OptionDeltaExtension, pos+1, h.deltaBytes, h.fault == ruleDeltaCut)
	}
	if h.lengthBytes > 0 {
		length = t.addExtension(OptionLengthExtension, pos+1+h.deltaBytes, h.lengthBytes, h.fault == ruleLengthCut)
	}
	t.Options = append(t.Options, OptionEntry{
		Number: protocol.OptionNumber(sum), Previous: protocol.OptionNumber(previous), Delta: int32(h.delta),
		Field: field, ValueAt: -1, Broken: true,
	})
	o := &t.Options[len(t.Options)-1]

	switch {
	case h.fault == ruleDelta15 || h.fault == ruleDeltaCut:
		t.Fields[field].Number = NumberUnknown
		t.reportHead(h, delta)
	case sum > 0xffff:
		t.reportField(ruleNumberOverflow, delta, "65535 at most", number(uint64(sum)))
	case h.fault != 0:
		o.Info = t.Names.Option(o.Number, t.Code)
		t.reportHead(h, length)
	default:
		o.Info = t.Names.Option(o.Number, t.Code)
		next = min(h.valueAt+h.length, len(b))
		o.Value = b[h.valueAt:next:next]
		switch {
		case next < h.valueAt+h.length:
			at := length
			if len(o.Value) > 0 {
				o.ValueAt = t.addCut(OptionValue, h.valueAt*8, len(o.Value)*8, uint64(h.length))
				at = o.ValueAt
			}
			t.reportField(ruleOptionPastEnd, at, "a value of "+count(h.length, "byte"), count(len(o.Value), "byte")+" left")
		default:
			o.Broken, ok = false, true
			if sum < 64 {
				t.seen |= 1 << sum
			}
			if h.length > 0 {
				o.ValueAt = t.open(OptionValue, h.valueAt*8, h.length*8, uint64(h.length))
				t.valueParts(o)
				t.close(o.ValueAt)
			}
		}
		t.closeAt(field, next*8)
		if ok {
			t.checkOption(o)
		}
		return next, sum, ok
	}
	t.closeAt(field, h.valueAt*8)
	return h.valueAt, sum, false
}

func (t *Tree) addExtension(kind Kind, pos, n int, cut bool) int {
	v := uint64(0)
	for _, c := range t.Bytes[pos : pos+n] {
		v = v<<8 | uint64(c)
	}
	i := t.add(kind, pos*8, n*8, v)
	t.Fields[i].Cut = cut
	return i
}

// reportHead reports the fault of an option's head at the field that has it.
func (t *Tree) reportHead(h optionHead, field int) {
	switch h.fault {
	case ruleDelta15:
		t.reportField(h.fault, field, "0 to 14, or the byte 0xff before a payload", "15")
	case ruleLength15:
		t.reportField(h.fault, field, "0 to 14", "15")
	case ruleDeltaCut:
		t.reportField(h.fault, field, count(int(h.deltaNibble)-nibble8+1, "byte"), count(h.deltaBytes, "byte"))
	case ruleLengthCut:
		t.reportField(h.fault, field, count(int(h.lengthNibble)-nibble8+1, "byte"), count(h.lengthBytes, "byte"))
	}
}

// undrawnOptions reads options without making fields, only to find where they end and whether they keep the format.
func (t *Tree) undrawnOptions(pos, number int) (int, bool) {
	b, start, fault := t.Bytes[:t.end], pos, ruleID(0)
	t.option = -1
	for fault == 0 && pos < len(b) && b[pos] != protocol.PayloadMarker {
		h := readOptionHead(b, pos)
		number += h.delta
		switch {
		case h.fault != 0:
			fault = h.fault
		case number > 0xffff:
			fault = ruleNumberOverflow
		case h.length > len(b)-h.valueAt:
			fault = ruleOptionPastEnd
		default:
			pos = h.valueAt + h.length
		}
	}
	field := t.parent
	if pos > start {
		field = int32(t.add(OptionsUndrawn, start*8, (pos-start)*8, uint64(pos-start)))
	}
	t.report(ruleTooManyOptions, bytesSpan(start, pos), int(field), "fewer options", "more than "+count(len(t.Options), "option"))
	if fault != 0 {
		t.report(fault, bytesSpan(pos, len(b)), int(field), "", "an option at byte "+numberOf(pos))
	}
	return pos, fault == 0
}
