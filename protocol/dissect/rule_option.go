package dissect

// optionRules are the rules of options in general.
var optionRules = [ruleCount]Rule{
	ruleUnknownCritical: {
		"option-unknown-critical", Warning, false, "An unknown critical option",
		"RFC 7252 §5.4.1", "A server that does not know the option either answers 4.02, a client rejects the response.",
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
	ruleSignalingCritical: {
		"signaling-option-unknown-critical", Warning, false, "An unknown critical signalling option",
		"RFC 8323 §5.2", "A recipient that does not know the option either aborts the connection.",
	},
}
