package dissect

import "coapscope/protocol"

// checkMessage applies the rules for type, code and payload.
func (t *Tree) checkMessage() {
	if !t.HasHeader() {
		return
	}
	t.checkCode()
	t.checkType()
	if t.malformed {
		return // what is missing may be behind the error
	}
	t.checkPayload()
	t.checkValid()
	t.checkBlockPayload()
}

// checkCode reports codes of no meaning (RFC 7252 §3, §12.1).
func (t *Tree) checkCode() {
	switch {
	case t.Code.IsSignaling():
		t.reportField(ruleSignalingOnUDP, codeField, "class 0, 2, 4 or 5", t.Code.String())
	case t.Code.IsReserved():
		t.reportField(ruleReservedClass, codeField, "class 0, 2, 4 or 5", t.Code.String())
	default:
		if _, known := t.Code.Info(); !known {
			t.reportField(ruleUnknownCode, codeField, "", t.Code.String())
		}
	}
}

// checkType reports codes that do not go with the type (RFC 7252 §4.2, §4.3).
func (t *Tree) checkType() {
	switch t.Type {
	case protocol.Confirmable:
		if t.Code == protocol.Empty && !t.malformed {
			t.reportField(rulePing, codeField, "", "Confirmable and Empty")
		}
	case protocol.NonConfirmable:
		if t.Code == protocol.Empty {
			t.reportField(ruleEmptyNonConfirmable, codeField, "a request or a response", t.Code.String())
		}
	case protocol.Acknowledgement:
		if t.Code.IsRequest() {
			t.reportField(ruleRequestInAck, codeField, "a response, or 0.00 Empty", t.Code.String())
		}
	case protocol.Reset:
		if t.Code != protocol.Empty {
			t.reportField(ruleResetNotEmpty, codeField, "0.00 Empty", t.Code.String())
		}
	}
}

// checkPayload reports a payload in GET and DELETE (RFC 7252 §5.5).
func (t *Tree) checkPayload() {
	if len(t.Payload) > 0 && (t.Code == protocol.GET || t.Code == protocol.DELETE) {
		t.reportField(rulePayloadUndefined, len(t.Fields)-1, "no payload in "+t.Code.Short(), count(len(t.Payload), "byte"))
	}
}

// checkValid reports what 2.03 must not be (RFC 7252 §5.9.1.3).
func (t *Tree) checkValid() {
	if t.Code != protocol.Valid {
		return
	}
	if len(t.Payload) > 0 {
		t.reportField(ruleValidWithPayload, len(t.Fields)-1, "no payload", count(len(t.Payload), "byte"))
	}
	if t.FirstOption(protocol.ETag) < 0 && t.FirstOption(protocol.OSCORE) < 0 {
		t.reportField(ruleValidWithoutETag, codeField, "an ETag option", "none")
	}
}

// checkBlockPayload reports a payload that is not the block that Block1 of a request, or Block2 of a response,
// says it is (RFC 7959 §2.2).
func (t *Tree) checkBlockPayload() {
	n := protocol.Block1
	switch {
	case t.Code.IsResponse():
		n = protocol.Block2
	case !t.Code.IsRequest():
		return
	}
	i := t.FirstOption(n)
	if i < 0 {
		return
	}
	b, ok := protocol.DecodeBlock(t.Options[i].Value)
	if !ok || b.SZX == 7 || !b.More || len(t.Payload) == b.Size() {
		return
	}
	if len(t.Payload) == 0 {
		t.reportOption(ruleBlockPayload, &t.Options[i], count(b.Size(), "byte"), "no payload")
		return
	}
	t.reportField(ruleBlockPayload, len(t.Fields)-1, count(b.Size(), "byte"), count(len(t.Payload), "byte"))
}
