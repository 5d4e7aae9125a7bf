package dissect

import (
	"unicode/utf8"

	"coapscope/protocol"
)

// checkOption applies the rules for one option, which keeps the message format. Those before it are known.
func (t *Tree) checkOption(o *OptionEntry) {
	if t.context == 0 {
		return // no request, no response: nothing says what an option means here
	}
	if o.Info == nil {
		t.checkUnknown(o)
		return
	}
	t.checkContext(o)
	t.checkRepeated(o)
	t.checkLength(o)
	switch o.Info.Format {
	case protocol.FormatUint:
		t.checkLeadingZeros(o)
	case protocol.FormatString:
		t.checkUTF8(o)
	}
	if t.context == protocol.InSignaling {
		t.checkSignalingOption(o)
		return
	}
	switch o.Number {
	case protocol.ProxyURI:
		t.checkProxyURI(o)
	case protocol.ProxyScheme:
		t.checkProxyScheme(o)
	case protocol.URIHost:
		t.checkHost(o)
	case protocol.URIPath, protocol.LocationPath:
		t.checkSegment(o)
	case protocol.URIQuery:
		t.checkQuery(o)
	case protocol.LocationQuery:
		t.checkLocation(o)
	case protocol.Observe:
		t.checkObserve(o)
	case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
		t.checkBlock(o)
	case protocol.HopLimit:
		if len(o.Value) == 1 && o.Value[0] == 0 {
			t.reportOption(ruleHopLimitZero, o, "1 to 255", "0")
		}
	case protocol.NoResponse:
		if len(o.Value) == 1 && o.Value[0]&^0x1a != 0 {
			t.reportOption(ruleNoResponseBits, o, "2, 8, 16 or a sum of them", number(uint64(o.Value[0])))
		}
	case protocol.OSCORE:
		t.checkOSCORE(o)
	}
}

// checkUnknown reports an option that has no name, unless it is elective: then those who do not know it ignore it
// (RFC 7252 §5.4.1, RFC 8323 §5.2).
func (t *Tree) checkUnknown(o *OptionEntry) {
	var id ruleID
	var expected string
	switch {
	case o.Number.IsReserved() && t.context != protocol.InSignaling:
		id, expected = ruleReservedOption, "another option number"
	case o.Number.Critical() && t.context == protocol.InSignaling:
		id, expected = ruleSignalingCritical, "a critical option that the recipient knows"
	case o.Number.Critical():
		id, expected = ruleUnknownCritical, "a critical option that the recipient knows"
	}
	if id != 0 {
		t.reportField(id, o.Field, expected, "option "+number(uint64(o.Number)))
	}
}

// checkContext reports a request's option in a response and the other way round (RFC 7252 §5.4).
func (t *Tree) checkContext(o *OptionEntry) {
	if o.Info.In&t.context == 0 {
		t.reportField(ruleOptionContext, o.Field, "a "+contextName(o.Info.In), o.Info.Name+" in a "+contextName(t.context))
	}
}

// contextName gives the kind of message in words; it has the first kind only.
func contextName(c protocol.Context) string {
	switch {
	case c&protocol.InRequest != 0:
		return "request"
	case c&protocol.InResponse != 0:
		return "response"
	}
	return "signalling message"
}

// checkRepeated reports all but the first of an option that must be there once (RFC 7252 §5.4.5).
func (t *Tree) checkRepeated(o *OptionEntry) {
	repeatable := o.Info.Repeatable
	if o.Number == protocol.QBlock2 {
		repeatable &= protocol.InRequest // to ask for missing blocks, but not otherwise (RFC 9177 §4.1)
	}
	if o.Delta == 0 && repeatable&t.context == 0 {
		t.reportField(ruleOptionRepeated, o.Field, o.Info.Name+" once", "repeated")
	}
}

// checkLength reports a value too short or too long (RFC 7252 §5.4.3).
func (t *Tree) checkLength(o *OptionEntry) {
	if n := len(o.Value); n < o.Info.MinLen || n > o.Info.MaxLen {
		t.reportOption(ruleOptionLength, o, lengthRange(o.Info), count(n, "byte"))
	}
}

// lengthRange gives the lengths that the option allows, in words.
func lengthRange(info *protocol.OptionInfo) string {
	switch {
	case info.MaxLen == 0:
		return "no value"
	case info.MinLen == info.MaxLen:
		return count(info.MinLen, "byte")
	}
	return number(uint64(info.MinLen)) + " to " + count(info.MaxLen, "byte")
}

// checkLeadingZeros reports a uint with more bytes than it needs (RFC 7252 §3.2), unless it must have them.
func (t *Tree) checkLeadingZeros(o *OptionEntry) {
	if len(o.Value) > o.Info.MinLen && len(o.Value) > 0 && o.Value[0] == 0 {
		zeros := 0
		for zeros < len(o.Value)-o.Info.MinLen && o.Value[zeros] == 0 {
			zeros++
		}
		t.reportOption(ruleLeadingZeros, o, count(len(o.Value)-zeros, "byte"), count(len(o.Value), "byte"))
	}
}

// checkUTF8 reports text that is not UTF-8 (RFC 7252 §3.2).
func (t *Tree) checkUTF8(o *OptionEntry) {
	if utf8.Valid(o.Value) {
		return
	}
	at := 0
	for at < len(o.Value) {
		r, n := utf8.DecodeRune(o.Value[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	start := t.Fields[o.ValueAt].FirstByte() + at
	t.report(ruleInvalidUTF8, bytesSpan(start, start+1), o.ValueAt, "UTF-8", "byte 0x"+hexByte(o.Value[at])+" at byte "+number(uint64(at))+" of the value")
}

// checkObserve reports Observe where it has no meaning (RFC 7641 §2, §4.2).
func (t *Tree) checkObserve(o *OptionEntry) {
	if !t.Code.IsRequest() {
		if t.Code.Class() != 2 {
			t.reportField(ruleObserveInError, o.Field, "a 2.xx code", t.codeText())
		}
		return
	}
	if t.Code != protocol.GET && t.Code != protocol.FETCH {
		t.reportField(ruleObserveMethod, o.Field, "GET or FETCH", t.codeShort())
	}
	if v, ok := protocol.DecodeUint(o.Value); !ok || v > protocol.ObserveDeregister {
		t.reportOption(ruleObserveValue, o, "0 or 1", uintText(o.Value))
	}
}

// checkBlock reports what the parts of a Block value must not be (RFC 7959 §2.2).
func (t *Tree) checkBlock(o *OptionEntry) {
	b, ok := protocol.DecodeBlock(o.Value)
	if !ok {
		return // too long, which checkLength reports
	}
	if b.SZX == 7 && t.Framing == protocol.DatagramFraming {
		t.reportPart(ruleBlockSZX7, o, BlockSZX, "0 to 6", "7")
	}
	if b.More && o.Number == protocol.Block2 && t.Code.IsRequest() {
		t.reportPart(ruleBlock2More, o, BlockMore, "0", "1")
	}
}

// reportPart reports a part of an option's value.
func (t *Tree) reportPart(id ruleID, o *OptionEntry, kind Kind, expected, actual string) {
	if i := t.part(o, kind); i >= 0 {
		t.reportField(id, i, expected, actual)
	} else {
		t.reportOption(id, o, expected, actual)
	}
}

// part gives the first part of that kind of the option's value, -1 where there is none.
func (t *Tree) part(o *OptionEntry, kind Kind) int {
	if o.ValueAt >= 0 {
		for i := o.ValueAt; i < int(t.Fields[o.ValueAt].Next); i++ {
			if t.Fields[i].Kind == kind {
				return i
			}
		}
	}
	return -1
}
