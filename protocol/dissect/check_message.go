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
	case t.Code.IsSignaling() && t.Framing == protocol.DatagramFraming:
		t.reportField(ruleSignalingOnUDP, t.codeAt, "class 0, 2, 4 or 5", t.codeText())
	case t.Code.IsReserved() && !t.Code.IsSignaling():
		t.reportField(ruleReservedClass, t.codeAt, "class 0, 2, 4 or 5", t.codeText())
	default:
		if _, known := t.Names.Code(t.Code); !known {
			t.reportField(ruleUnknownCode, t.codeAt, "", t.codeText())
		}
	}
}

// checkType reports codes that do not go with the type (RFC 7252 §4.2, §4.3). Reliable transports have none.
func (t *Tree) checkType() {
	if t.Framing.Reliable() {
		if t.Code == protocol.Empty && t.Fields[t.codeAt].End() < len(t.Bytes)*8 {
			end := t.Fields[t.codeAt].EndByte()
			t.report(ruleEmptyReliable, bytesSpan(end, len(t.Bytes)), t.codeAt, "no byte behind the code", count(len(t.Bytes)-end, "byte"))
		}
		return
	}
	switch t.Type {
	case protocol.Confirmable:
		if t.Code == protocol.Empty && !t.malformed {
			t.reportField(rulePing, t.codeAt, "", "Confirmable and Empty")
		}
	case protocol.NonConfirmable:
		if t.Code == protocol.Empty {
			t.reportField(ruleEmptyNonConfirmable, t.codeAt, "a request or a response", t.codeText())
		}
	case protocol.Acknowledgement:
		if t.Code.IsRequest() {
			t.reportField(ruleRequestInAck, t.codeAt, "a response, or 0.00 Empty", t.codeText())
		}
	case protocol.Reset:
		if t.Code != protocol.Empty {
			t.reportField(ruleResetNotEmpty, t.codeAt, "0.00 Empty", t.codeText())
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
		t.reportField(ruleValidWithoutETag, t.codeAt, "an ETag option", "none")
	}
}

// checkBlockPayload reports a payload that is not the block that Block1 of a request, or Block2 of a response,
// says it is (RFC 7959 §2.2), or not blocks of BERT (RFC 8323 §6).
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
	if !ok || !b.More || len(t.Payload) == b.Size() {
		return
	}
	id, expected := ruleBlockPayload, count(b.Size(), "byte")
	if b.SZX == 7 {
		if t.Framing == protocol.DatagramFraming || len(t.Payload) > 0 && len(t.Payload)%1024 == 0 {
			return // what is wrong on UDP is SZX itself
		}
		id, expected = ruleBERTPayload, "a multiple of 1024 bytes"
	}
	if len(t.Payload) == 0 {
		t.reportOption(id, &t.Options[i], expected, "no payload")
		return
	}
	t.reportField(id, t.Find(Payload), expected, count(len(t.Payload), "byte"))
}
