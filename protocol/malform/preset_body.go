package malform

import (
	"strings"

	"coapscope/protocol"
)

var blockPresets = []Preset{
	{
		"block2-szx-7", BlockGroup, "Block2 with size exponent 7", "Size exponent 7 is reserved on UDP.",
		"RFC 7959 §2.2", withMethod(protocol.GET, "", func(m *protocol.Message) { set(m, protocol.Block2, "\x07") }),
	},
	{
		"block1-szx-7", BlockGroup, "Block1 with size exponent 7", "Size exponent 7 is reserved on UDP.",
		"RFC 7959 §2.2", put("1", protocol.Block1, "\x07"),
	},
	{
		"block1-out-of-order", BlockGroup, "Block1 that begins with block 5", "The blocks before it were never sent.",
		"RFC 7959 §2.5", put("the rest", protocol.Block1, blockValue(5, false, 6)),
	},
	{
		"block1-short", BlockGroup, "Block1 with a short block", "A block that is not the last has the size that it says, here 64.",
		"RFC 7959 §2.3", put("short", protocol.Block1, blockValue(0, true, 2)),
	},
	{
		"block1-without-payload", BlockGroup, "Block1 without payload", "A block that is not the last has the size that it says, here 64.",
		"RFC 7959 §2.3", put("", protocol.Block1, blockValue(0, true, 2)),
	},
	{
		"block2-more", BlockGroup, "Block2 with M in a request", "M is not set in a request for a block.",
		"RFC 7959 §2.2", withMethod(protocol.GET, "", func(m *protocol.Message) { set(m, protocol.Block2, blockValue(0, true, 6)) }),
	},
	{
		"block2-twice", BlockGroup, "Block2 twice", "Block2 is not repeatable.",
		"RFC 7252 §5.4.5", withMethod(protocol.GET, "", func(m *protocol.Message) { set(m, protocol.Block2, "\x06", "\x06") }),
	},
	{
		"if-none-match-later-block", BlockGroup, "If-None-Match with block 1", "The condition belongs to block 0 only.",
		"RFC 7959 §2.10", put("the rest", protocol.Block1, blockValue(1, false, 6), protocol.IfNoneMatch),
	},
	{
		"block-beside-q-block", BlockGroup, "Block2 beside Q-Block2", "Options of Block and Q-Block must not be mixed.",
		"RFC 9177 §4.1", withMethod(protocol.GET, "", func(m *protocol.Message) {
			set(m, protocol.Block2, "\x06")
			set(m, protocol.QBlock2, "\x06")
		}),
	},
	{
		"q-block1-without-request-tag", BlockGroup, "Q-Block1 without Request-Tag and Size1", "Q-Block1 needs both.",
		"RFC 9177 §4.3", put("1", protocol.QBlock1, "\x06"),
	},
	{
		"q-block2-order", BlockGroup, "Q-Block2 in falling order", "Missing blocks are asked for in increasing order.",
		"RFC 9177 §4.4", withMethod(protocol.GET, "", func(m *protocol.Message) { set(m, protocol.QBlock2, blockValue(2, false, 6), blockValue(1, false, 6)) }),
	},
}

// put is a PUT of a body with one option, and others without value.
func put(payload string, n protocol.OptionNumber, value string, others ...protocol.OptionNumber) maker {
	return withMethod(protocol.PUT, payload, func(m *protocol.Message) {
		set(m, protocol.ContentFormatOption, "")
		set(m, n, value)
		for _, other := range others {
			set(m, other, "")
		}
	})
}

var oscorePresets = []Preset{
	{
		"oscore-flags", OSCOREGroup, "OSCORE with reserved flags", "The flag bits 0xe0 of the option are reserved.",
		"RFC 8613 §6.1", oscore("\xe0", "ciphertext"),
	},
	{
		"oscore-partial-iv-cut-off", OSCOREGroup, "OSCORE with a Partial IV cut off", "The option says that the Partial IV has 5 bytes, and one is there.",
		"RFC 8613 §6.1", oscore("\x0d\x01", "ciphertext"),
	},
	{
		"oscore-without-payload", OSCOREGroup, "OSCORE without payload", "The ciphertext is the payload.",
		"RFC 8613 §2", oscore("\x09\x01k", ""),
	},
	{
		"oscore-without-kid", OSCOREGroup, "OSCORE request without kid", "The server finds the security context by kid.",
		"RFC 8613 §5", oscore("\x01\x01", "ciphertext"),
	},
	{
		"oscore-unknown-context", OSCOREGroup, "OSCORE of a context nobody has", "Nothing in the format; the kid is that of nobody.",
		"RFC 8613 §8.2", oscore("\x09\x01nobody", "ciphertext"),
	},
}

func oscore(value, payload string) maker {
	return withMethod(protocol.POST, payload, func(m *protocol.Message) {
		m.Options = m.Options.Without(protocol.URIPath).Without(protocol.URIQuery)
		set(m, protocol.OSCORE, value)
	})
}

var payloadPresets = []Preset{
	{
		"payload-get", PayloadGroup, "GET with a payload", "GET defines no payload.",
		"RFC 7252 §5.5", withMethod(protocol.GET, "unwanted", func(*protocol.Message) {}),
	},
	{
		"fetch-without-format", PayloadGroup, "FETCH without Content-Format", "FETCH says with Content-Format what its payload is.",
		"RFC 8132 §2.3.1", withMethod(protocol.FETCH, "?", func(m *protocol.Message) { set(m, protocol.ContentFormatOption) }),
	},
	{
		"too-large", PayloadGroup, "Payload of 1300 bytes", "Endpoints are prepared for 1152 bytes, 1024 of them payload, unless they know better.",
		"RFC 7252 §4.6", withMethod(protocol.PUT, strings.Repeat("x", 1300), func(m *protocol.Message) { set(m, protocol.ContentFormatOption, "") }),
	},
}
