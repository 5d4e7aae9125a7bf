package dissect

// formatRules are the rules of message format: protocol.Message.ParseFraming rejects what breaks one.
var formatRules = [ruleCount]Rule{
	ruleTooShort: {
		"message-too-short", Error, true, "The datagram is shorter than a header",
		"RFC 7252 §3", "Send at least the four bytes of the header. A recipient ignores this datagram silently.",
	},
	ruleVersion: {
		"version-not-1", Error, true, "The version is not 1",
		"RFC 7252 §3", "Set the two version bits to 01. A recipient ignores this datagram silently; maybe it is not CoAP.",
	},
	ruleTokenLengthReserved: {
		"token-length-reserved", Error, true, "Token length 9 to 12 is reserved",
		"RFC 7252 §3", "Use a token of at most 8 bytes, unless both endpoints are known to have extended tokens (RFC 8974).",
	},
	ruleTokenLength15: {
		"token-length-15", Error, true, "Token length 15 is reserved",
		"RFC 8974 §2.1", "Use 0 to 8, or 13 and 14 with an extension.",
	},
	ruleTokenLengthCut: {
		"token-length-cut-off", Error, true, "The message ends within the extended token length",
		"RFC 8974 §2.1", "Send the extension of the token length, or a token length of 0 to 8.",
	},
	ruleEmptyWithContent: {
		"empty-with-content", Error, true, "An Empty message goes on after the message ID",
		"RFC 7252 §4.1", "Set the token length to 0 and end the message after four bytes, or use another code than 0.00.",
	},
	ruleTokenPastEnd: {
		"token-past-end", Error, true, "The message ends within the token",
		"RFC 7252 §3", "Send as many bytes of token as the token length says.",
	},
	ruleDelta15: {
		"option-delta-15", Error, true, "Option delta 15 outside a payload marker",
		"RFC 7252 §3.1", "A payload marker is the whole byte 0xff; an option has a delta of 0 to 14.",
	},
	ruleDeltaCut: {
		"option-delta-cut-off", Error, true, "The message ends within the extended option delta",
		"RFC 7252 §3.1", "Send the extension of the delta, and the option's value.",
	},
	ruleLength15: {
		"option-length-15", Error, true, "Option length 15 is reserved",
		"RFC 7252 §3.1", "Use a length of 0 to 14; 13 and 14 have an extension.",
	},
	ruleLengthCut: {
		"option-length-cut-off", Error, true, "The message ends within the extended option length",
		"RFC 7252 §3.1", "Send the extension of the length, and the option's value.",
	},
	ruleNumberOverflow: {
		"option-number-overflow", Error, true, "The deltas add up to an option number above 65535",
		"RFC 7252 §12.2", "Option numbers have 16 bits; check the deltas of this option and those before it.",
	},
	ruleOptionPastEnd: {
		"option-past-end", Error, true, "The message ends within the option's value",
		"RFC 7252 §3.1", "Send as many bytes of value as the option's length says.",
	},
	ruleMarkerWithoutPayload: {
		"payload-marker-without-payload", Error, true, "A payload marker without payload",
		"RFC 7252 §3", "Leave out the payload marker where the payload is empty.",
	},
	ruleNoCode: {
		"code-missing", Error, true, "The message ends before its code",
		"RFC 8323 §3.2", "Send at least two bytes: length and token length, then the code. A recipient aborts the connection.",
	},
	ruleMessageLengthCut: {
		"message-length-cut-off", Error, true, "The message ends within its extended length",
		"RFC 8323 §3.2", "Send the one, two or four bytes that length 13, 14 or 15 asks for.",
	},
	ruleShorterThanLength: {
		"message-shorter-than-length", Error, true, "The message is shorter than its length says",
		"RFC 8323 §3.2", "The length counts options, payload marker and payload. On a stream the recipient waits for the rest.",
	},
	ruleLongerThanLength: {
		"message-longer-than-length", Error, true, "The message goes on behind its length",
		"RFC 8323 §3.2", "The length counts options, payload marker and payload. On a stream the rest is taken for the next message.",
	},
	ruleWebSocketLength: {
		"websocket-length-not-zero", Error, true, "The length on a WebSocket is not 0",
		"RFC 8323 §4.2", "Set the length to 0: the frame of the WebSocket has the length.",
	},
}
