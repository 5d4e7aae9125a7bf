package dissect

// ruleID is the index of a rule in the table.
type ruleID uint8

const (
	_ ruleID = iota

	// Of message format, in the order of the message.
	ruleTooShort
	ruleVersion
	ruleTokenLengthReserved
	ruleTokenLength15
	ruleTokenLengthCut
	ruleEmptyWithContent
	ruleTokenPastEnd
	ruleDelta15
	ruleDeltaCut
	ruleLength15
	ruleLengthCut
	ruleNumberOverflow
	ruleOptionPastEnd
	ruleMarkerWithoutPayload

	// Of message format on reliable transports.
	ruleNoCode
	ruleMessageLengthCut
	ruleShorterThanLength
	ruleLongerThanLength
	ruleWebSocketLength

	// Of type and code.
	ruleReservedClass
	ruleSignalingOnUDP
	ruleUnknownCode
	rulePing
	ruleEmptyReliable
	ruleEmptyNonConfirmable
	ruleRequestInAck
	ruleResetNotEmpty

	// Of options in general.
	ruleUnknownCritical
	ruleUnknownElective
	ruleReservedOption
	ruleOptionLength
	ruleOptionRepeated
	ruleOptionContext
	ruleLeadingZeros
	ruleInvalidUTF8
	ruleTooManyOptions

	// Of single options and payloads.
	ruleProxyURIBesideURI
	ruleDotSegment
	ruleObserveMethod
	ruleObserveValue
	ruleObserveInError
	ruleBlockSZX7
	ruleBlock2More
	ruleBlockPayload
	ruleBERTPayload
	ruleHopLimitZero
	ruleNoResponseBits
	ruleOSCOREOption
	rulePayloadUndefined
	ruleValidWithPayload
	ruleValidWithoutETag

	ruleCount
)

// rules is the table of all rules. An Error breaks a MUST of the reference, a Warning breaks a SHOULD or will not
// do what was meant, a Note breaks nothing.
var rules = [ruleCount]Rule{
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

	ruleReservedClass: {
		"code-class-reserved", Error, false, "The code's class is reserved",
		"RFC 7252 §3", "Use class 0 for a request, and 2, 4 or 5 for a response. A recipient rejects this message.",
	},
	ruleSignalingOnUDP: {
		"signaling-on-udp", Error, false, "A signalling code on UDP",
		"RFC 7252 §4.2", "Class 7 belongs to reliable transports (RFC 8323 §5). A recipient on UDP rejects this message.",
	},
	ruleUnknownCode: {
		"code-unknown", Note, false, "The code is not registered",
		"RFC 7252 §12.1", "A server answers an unknown method with 4.05; a client takes an unknown response for the first of its class.",
	},
	rulePing: {
		"ping", Note, false, "A CoAP ping",
		"RFC 7252 §4.3", "The answer is a Reset with the same message ID.",
	},
	ruleEmptyReliable: {
		"empty-not-empty", Warning, false, "An Empty message with a token, an option or a payload",
		"RFC 8323 §3.4", "Send nothing behind the code: a recipient ignores an Empty message. A Ping (7.02) takes a token.",
	},
	ruleEmptyNonConfirmable: {
		"empty-non-confirmable", Error, false, "An Empty message that is Non-confirmable",
		"RFC 7252 §4.3", "Send a ping as Confirmable.",
	},
	ruleRequestInAck: {
		"request-in-acknowledgement", Error, false, "A request in an Acknowledgement",
		"RFC 7252 §4.2", "Send requests as Confirmable or Non-confirmable. A recipient ignores this message.",
	},
	ruleResetNotEmpty: {
		"reset-not-empty", Error, false, "A Reset that is not Empty",
		"RFC 7252 §4.2", "Send a Reset with code 0.00 and nothing behind the message ID. A recipient ignores this message.",
	},

	ruleUnknownCritical: {
		"option-unknown-critical", Warning, false, "An unknown critical option",
		"RFC 7252 §5.4.1", "A server that does not know the option either answers 4.02, a client rejects the response.",
	},
	ruleUnknownElective: {
		"option-unknown-elective", Note, false, "An unknown elective option",
		"RFC 7252 §5.4.1", "A recipient that does not know the option either ignores it.",
	},
	ruleReservedOption: {
		"option-number-reserved", Warning, false, "The option number is reserved",
		"RFC 7252 §12.2", "Use a registered number, or an experimental one from 65000.",
	},
	ruleOptionLength: {
		"option-length-out-of-range", Error, false, "The length of the option's value is out of its range",
		"RFC 7252 §5.4.3", "A recipient treats the option as if it did not know it.",
	},
	ruleOptionRepeated: {
		"option-repeated", Error, false, "The option is not repeatable",
		"RFC 7252 §5.4.5", "Send it once. A recipient treats each further one as if it did not know the option.",
	},
	ruleOptionContext: {
		"option-wrong-direction", Error, false, "The option has no meaning in this kind of message",
		"RFC 7252 §5.4", "Leave the option out. A recipient treats it as if it did not know it.",
	},
	ruleLeadingZeros: {
		"uint-leading-zeros", Warning, false, "The number has leading zero bytes",
		"RFC 7252 §3.2", "Use as few bytes as possible; 0 has none.",
	},
	ruleInvalidUTF8: {
		"string-not-utf-8", Error, false, "The text is not UTF-8",
		"RFC 7252 §3.2", "Encode the text as UTF-8 in Net-Unicode form.",
	},
	ruleTooManyOptions: {
		"too-many-options", Note, false, "The message has more options than are shown",
		"RFC 7252 §3.1", "The options from here on are checked for format only.",
	},

	ruleProxyURIBesideURI: {
		"proxy-uri-beside-uri", Error, false, "Proxy-Uri beside Uri options",
		"RFC 7252 §5.10.2", "Send either Proxy-Uri or Uri-Host, Uri-Port, Uri-Path and Uri-Query; Proxy-Uri takes precedence.",
	},
	ruleDotSegment: {
		"dot-segment", Error, false, `A path segment "." or ".."`,
		"RFC 7252 §5.10.1", "Resolve the reference before sending it as options.",
	},
	ruleObserveMethod: {
		"observe-method", Warning, false, "Observe in a request that observes nothing",
		"RFC 7641 §2", "Observe with GET, or with FETCH (RFC 8132 §2.4).",
	},
	ruleObserveValue: {
		"observe-value", Warning, false, "An Observe value that is neither register nor deregister",
		"RFC 7641 §2", "Use 0 to register and 1 to deregister.",
	},
	ruleObserveInError: {
		"observe-in-error", Error, false, "Observe in a response that is not a success",
		"RFC 7641 §4.2", "Leave the option out: an error response ends the observation.",
	},
	ruleBlockSZX7: {
		"block-szx-7", Error, false, "Block size exponent 7 on UDP",
		"RFC 7959 §2.2", "Use 0 to 6, for 16 to 1024 bytes; 7 belongs to reliable transports (RFC 8323 §6).",
	},
	ruleBlock2More: {
		"block2-more-in-request", Error, false, "M is set in the Block2 option of a request",
		"RFC 7959 §2.2", "Send M as 0; a server ignores it.",
	},
	ruleBlockPayload: {
		"block-payload-size", Error, false, "The payload is not as long as the block",
		"RFC 7959 §2.2", "With M set, the payload has exactly the block size.",
	},
	ruleBERTPayload: {
		"bert-payload-size", Error, false, "The payload of a BERT block is not a multiple of 1024 bytes",
		"RFC 8323 §6", "With M set, the payload is one or more whole blocks of 1024 bytes.",
	},
	ruleHopLimitZero: {
		"hop-limit-zero", Error, false, "Hop-Limit is 0",
		"RFC 8768 §3", "Use 1 to 255; a recipient rejects 0 with 4.00.",
	},
	ruleNoResponseBits: {
		"no-response-bits", Warning, false, "No-Response has bits without a meaning",
		"RFC 7967 §2.1", "Use the sum of 2 for 2.xx, 8 for 4.xx and 16 for 5.xx.",
	},
	ruleOSCOREOption: {
		"oscore-option-malformed", Error, false, "The OSCORE option is malformed",
		"RFC 8613 §6.1", "A recipient cannot decompress the COSE object, and answers 4.02 or drops the message.",
	},
	rulePayloadUndefined: {
		"payload-undefined", Warning, false, "A payload where the method defines none",
		"RFC 7252 §5.5", "Leave the payload out, a recipient ignores it; FETCH is the GET with a payload (RFC 8132 §2).",
	},
	ruleValidWithPayload: {
		"valid-with-payload", Error, false, "2.03 Valid with a payload",
		"RFC 7252 §5.9.1.3", "Leave the payload out, or answer 2.05.",
	},
	ruleValidWithoutETag: {
		"valid-without-etag", Error, false, "2.03 Valid without ETag",
		"RFC 7252 §5.9.1.3", "Say with an ETag which stored response is valid.",
	},
}

// Rules gives all rules, those of message format first.
func Rules() []Rule { return rules[1:] }
