package lint

import (
	"coapscope/protocol/dissect"
	"coapscope/protocol/payload"
)

// payload holds a payload that is whole against its Content-Format.
func (l *Linter) payload(m *message) {
	if len(m.payload) == 0 || m.format == noFormat || m.has.has(hasOSCORE|hasQBlock) {
		return
	}
	block, blocked := m.block2, m.has.has(hasBlock2)
	if m.code.IsRequest() {
		block, blocked = m.block1, m.has.has(hasBlock1)
	}
	if blocked && (block.More || block.Num > 0) {
		return // a part of a body
	}
	if _, bad := payload.Contradicts(int(m.format), m.payload); bad {
		l.report(rulePayloadFormat, m, 0, uint64(m.format), 0)
	}
}

// contradiction says what is wrong with the payload of a message that was reported.
func contradiction(format uint64, t *dissect.Tree) string {
	why, _ := payload.Contradicts(int(format), t.Payload)
	return why
}
