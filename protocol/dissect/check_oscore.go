package dissect

import "coapscope/protocol"

// checkOSCORE reports a value that cannot be taken apart (RFC 8613 §6.1).
func (t *Tree) checkOSCORE(o *OptionEntry) {
	if o.ValueAt < 0 {
		return
	}
	flags := o.Value[0]
	if flags == 0 {
		t.reportOption(ruleOSCOREOption, o, "no byte where all flags are 0", count(len(o.Value), "byte"))
	}
	if i := t.part(o, OSCOREPartialIV); i >= 0 && t.Fields[i].Bits > 8 && t.Bytes[t.Fields[i].FirstByte()] == 0 {
		t.reportField(ruleOSCOREPartialIV, i, "as few bytes as possible", count(t.Fields[i].Bits/8, "byte"))
	}
	if flags>>5 != 0 {
		t.reportPart(ruleOSCOREOption, o, OSCOREReserved, "reserved bits 0", number(uint64(flags>>5)))
	}
	if n := flags & 7; n > 5 {
		t.reportPart(ruleOSCOREOption, o, OSCOREPartialIVLength, "a Partial IV of 0 to 5 bytes", number(uint64(n)))
	}
	need := 1 + int(flags&7)
	if flags&0x10 != 0 {
		if need < len(o.Value) {
			need += int(o.Value[need]) // length of the kid context
		}
		need++
	}
	switch {
	case len(o.Value) < need:
		t.reportOption(ruleOSCOREOption, o, count(need, "byte")+" or more, by its flags", count(len(o.Value), "byte"))
	case flags&8 == 0 && len(o.Value) > need:
		t.reportOption(ruleOSCOREOption, o, count(need, "byte")+", as there is no kid", count(len(o.Value), "byte"))
	}
}

// innerOptions have bits for the options of class E alone, which belong into the ciphertext (RFC 8613 §4.1, figure 5).
const innerOptions = 1<<protocol.IfMatch | 1<<protocol.ETag | 1<<protocol.IfNoneMatch | 1<<protocol.LocationPath |
	1<<protocol.URIPath | 1<<protocol.ContentFormatOption | 1<<protocol.URIQuery | 1<<protocol.Accept | 1<<protocol.LocationQuery

// checkProtected reports what a message with an OSCORE option must not be (RFC 8613 §2, §4, §5).
func (t *Tree) checkProtected() {
	i := t.FirstOption(protocol.OSCORE)
	o := &t.Options[i]
	if len(t.Payload) == 0 && t.seen&(blockOptions|qBlockOptions) == 0 { // which ask for more of a ciphertext
		t.reportField(ruleOSCOREPayload, o.Field, "a ciphertext as payload", "none")
	}
	if t.context == protocol.InRequest {
		if t.Code != protocol.POST && t.Code != protocol.FETCH {
			t.reportField(ruleOSCORECode, t.codeAt, "0.02 POST or 0.05 FETCH", t.codeText())
		}
		switch {
		case len(o.Value) == 0 || o.Value[0]&0xf == 0:
			t.reportOption(ruleOSCORERequest, o, "kid and Partial IV", "neither")
		case o.Value[0]&8 == 0:
			t.reportOption(ruleOSCORERequest, o, "kid and Partial IV", "no kid")
		case o.Value[0]&7 == 0:
			t.reportOption(ruleOSCORERequest, o, "kid and Partial IV", "no Partial IV")
		}
	} else if t.Code != protocol.Changed && t.Code != protocol.Content {
		t.reportField(ruleOSCORECode, t.codeAt, "2.04 Changed or 2.05 Content", t.codeText())
	}
	if i := t.FirstOption(protocol.NoResponse); i >= 0 {
		if v, ok := protocol.DecodeUint(t.Options[i].Value); !ok || v != 26 {
			t.reportField(ruleOSCORENoResponse, t.Options[i].Field, "26, or none", uintText(t.Options[i].Value))
		}
	}
	if t.seen&innerOptions == 0 {
		return
	}
	for i := range t.Options {
		if o := &t.Options[i]; o.Number < 64 && innerOptions>>o.Number&1 != 0 && (i == 0 || o.Delta != 0) {
			t.reportField(ruleOSCOREInner, o.Field, "no "+o.Info.Name+" outside", o.Info.Name)
		}
	}
}
