package dissect

import (
	"unicode/utf8"

	"coapscope/protocol"
)

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
	t.checkSize()
	t.checkPayload()
	switch t.context {
	case protocol.InRequest:
		t.checkRequest()
	case protocol.InResponse:
		t.checkResponse()
	case protocol.InSignaling:
		t.checkSignaling()
		return
	default:
		return
	}
	t.checkBlocks()
	if t.has(protocol.OSCORE) {
		t.checkProtected()
	}
}

// has tells whether there is an option of that number, which is below 64, in a request or a response.
func (t *Tree) has(n protocol.OptionNumber) bool { return t.seen>>n&1 != 0 }

// Upper bounds of message and payload where nothing is known about the path (RFC 7252 §4.6).
const (
	largestMessage = 1152
	largestPayload = 1024
)

// checkSize reports a datagram that may not fit into one IP packet (RFC 7252 §4.6).
func (t *Tree) checkSize() {
	if t.Framing.Reliable() {
		return
	}
	if n := len(t.Bytes); n > largestMessage {
		t.report(ruleTooLarge, bytesSpan(largestMessage, n), t.LeafAt(largestMessage*8), count(largestMessage, "byte")+" at most", count(n, "byte"))
	} else if n := len(t.Payload); n > largestPayload {
		t.reportField(ruleTooLarge, len(t.Fields)-1, "a payload of "+count(largestPayload, "byte")+" at most", count(n, "byte"))
	}
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

// checkPayload reports a payload in GET and DELETE (RFC 7252 §5.5), and a diagnostic one that is not text
// (RFC 7252 §5.5.2, RFC 8323 §5.1). A block of one may begin and end within a character.
func (t *Tree) checkPayload() {
	const otherwise = 1<<protocol.ContentFormatOption | 1<<protocol.OSCORE | 1<<protocol.Block2 | 1<<protocol.QBlock2
	if t.isDiagnostic() && (t.Code.IsSignaling() || t.seen&otherwise == 0) && !utf8.Valid(t.Payload) {
		t.reportField(ruleDiagnosticUTF8, len(t.Fields)-1, "UTF-8", hexText(t.Payload[:min(len(t.Payload), 16)], " "))
	}
	if len(t.Payload) > 0 && (t.Code == protocol.GET || t.Code == protocol.DELETE) {
		t.reportField(rulePayloadUndefined, len(t.Fields)-1, "no payload in "+t.codeShort(), count(len(t.Payload), "byte"))
	}
}
