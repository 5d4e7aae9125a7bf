package peertest_test

// Presets of package malform that most of the peers see in one way.
const (
	unaskedResponses = " response-2-05 response-4-04 response-5-00 response-2-31 response-5-31 "
	versions         = " version-0 version-2 version-3 "
	oddOSCORE        = " oscore-flags oscore-partial-iv-cut-off oscore-without-payload "

	// Options of illegal length (RFC 7252 §5.4.3) with the resource still named, and critical ones that come again
	// (§5.4.5).
	illegalCritical  = " uri-port-3-bytes uri-host-empty uri-host-256-bytes uri-query-256-bytes if-match-9-bytes if-none-match-value accept-3-bytes "
	illegalElective  = " content-format-3-bytes etag-9-bytes etag-empty observe-4-bytes hop-limit-2-bytes "
	repeatedCritical = " uri-port-twice accept-twice if-none-match-twice block2-twice "
)

// libcoapDeviations are those of both versions.
var libcoapDeviations = []deviation{
	{"A Reset", "another version is a message format error to it, where §3 has it ignored silently; the message ID of its Reset is 0", versions, versions},
	{"A Reset", "it rejects what is larger than it takes with a Reset whose message ID is 0 (§4.2)", "too-large", "too-large"},
	{"A Reset", "it rejects an ACK, which §4.2 has ignored silently", "ack-malformed", "ack-malformed"},
	{"2.05 Content", "it answers a request in an ACK, which §4.2 has ignored silently", "ack-request", "ack-request"},
	{
		"An Empty acknowledgement", "it acknowledges responses that it does not wait for, classes 3 and 6 as well, where §5.3.2 and §4.2 have them rejected",
		"class-3 class-6" + unaskedResponses, "",
	},
	{
		"A Reset", "an option of illegal length is a message format error to it, where §5.4.3 has a critical one answered with 4.02 and an elective one ignored",
		illegalCritical + illegalElective + "uri-path-256-bytes block2-4-bytes proxy-uri-empty", illegalElective,
	},
	{"2.05 Content", "what its resources answer does not depend on Accept (§5.10.4)", "accept-unavailable", "accept-unavailable"},
	{"2.05 Content", "it takes the size exponent 7 (RFC 7959 §2.2)", "block2-szx-7", "block2-szx-7"},
	{"2.04 Changed", "it takes the size exponent 7 (RFC 7959 §2.2)", "block1-szx-7", "block1-szx-7"},
}

var libcoapNewDeviations = append([]deviation{
	{"A Reset", "it rejects a NON with an elective option that comes again, where §5.4.5 has it ignored", "", "content-format-twice"},
}, libcoapDeviations...)

var libcoapOldDeviations = append([]deviation{
	{"2.05 Content", "critical options that come again are ignored, against §5.4.5", repeatedCritical, repeatedCritical},
	{"2.04 Changed", "it does the PUT that no condition lets through (§5.10.8)", "both-conditions", "both-conditions"},
	{"Something that is no reaction", "it answers Ping, of reliable transports, with Pong on UDP too (§4.2)", "signaling", "signaling"},
}, libcoapDeviations...)

var goCoAPDeviations = []deviation{
	{
		"Silence", "it closes what it takes for a connection at a message format error, and sends no Reset (§4.2)",
		`token-length-9 token-length-10 token-length-11 token-length-12 token-length-13 token-length-14 token-length-15 token-length-13-cut-off
		token-length-14-cut-off token-cut-off delta-15 length-15 delta-13-cut-off delta-14-cut-off length-13-cut-off length-14-cut-off value-cut-off
		number-overflow`, "",
	},
	{"An Empty acknowledgement", "it acknowledges a ping (§4.2)", "ping", "ping"},
	{
		"4.04 Not Found", "whatever the type and code, the router answers as if it was a request, here for / (§4.1, §4.2, §4.3)",
		"empty-non empty-reset ack-response ack-reserved-class reset-response empty-with-token empty-with-option empty-with-payload" + unaskedResponses,
		"empty-non empty-reset ack-response ack-reserved-class reset-response empty-with-token empty-with-option empty-with-payload" + unaskedResponses,
	},
	{
		"2.05 Content", "whatever the type and code, the router answers as if it was a request (§4.2, §4.3, §5.8)",
		"ack-request reset-request class-1 class-3 class-6 signaling method-unknown", "ack-request reset-request class-1 class-3 class-6 signaling method-unknown",
	},
	{"2.05 Content", "it takes a payload marker without payload (§3)", "marker-without-payload", "marker-without-payload"},
	{
		"2.05 Content", "options that it does not know, of illegal length, or that come again are ignored, critical ones too (§5.4.1, §5.4.3, §5.4.5)",
		"critical-unknown block2-4-bytes" + illegalCritical + repeatedCritical, "critical-unknown block2-4-bytes" + illegalCritical + repeatedCritical,
	},
	{
		"4.04 Not Found", "the same, where another resource is named without the option",
		"uri-path-256-bytes proxy-uri-empty" + oddOSCORE, "uri-path-256-bytes proxy-uri-empty" + oddOSCORE,
	},
	{"2.05 Content", "what the resource of the test answers does not depend on Accept (§5.10.4)", "accept-unavailable", "accept-unavailable"},
	{"2.05 Content", "it takes a request for a proxy for its own (§5.10.2)", "proxy-uri-beside-uri proxy-scheme", "proxy-uri-beside-uri proxy-scheme"},
	{"2.04 Changed", "it knows no conditions (§5.10.8)", "both-conditions", "both-conditions"},
	{"2.05 Content", "it takes the size exponent 7 (RFC 7959 §2.2), and ignores Q-Block2 (§5.4.1)", "block2-szx-7 block-beside-q-block", "block2-szx-7 block-beside-q-block"},
	{
		"2.04 Changed", "it takes the size exponent 7 (RFC 7959 §2.2), and ignores Q-Block1 (§5.4.1)",
		"block1-szx-7 q-block1-without-request-tag", "block1-szx-7 q-block1-without-request-tag",
	},
}

// nodeMalformed are what node-coap cannot read.
const nodeMalformed = versions + ` header-1-byte header-3-bytes token-length-15 token-length-13-cut-off token-length-14-cut-off ack-malformed
	empty-with-token empty-with-option empty-with-payload delta-15 length-15 delta-13-cut-off delta-14-cut-off length-13-cut-off length-14-cut-off `

var nodeCoAPDeviations = []deviation{
	{"5.00 Internal Server Error", "it answers whatever it cannot read, with its own message ID (§3, §4.2)", nodeMalformed, nodeMalformed},
	{
		"4.04 Not Found", "it takes what is cut off, Empty, or a Reset for a request for / (§3, §4.1, §4.2)",
		"token-cut-off ping empty-non empty-reset value-cut-off", "token-cut-off ping empty-non empty-reset value-cut-off",
	},
	{"4.04 Not Found", "a method that it does not know finds nothing (§5.8)", "method-unknown", "method-unknown"},
	{
		"2.05 Content", "it takes a request in a Reset, a marker without payload, and an option number that overflows (§3, §3.1, §4.2)",
		"reset-request marker-without-payload number-overflow", "reset-request marker-without-payload number-overflow",
	},
	{"Silence", "it has no Reset for codes that are no request, nor for responses that nobody waits for (§4.2)", "class-1 class-3 class-6 signaling" + unaskedResponses, ""},
	{
		"2.05 Content", "options that it does not know, of illegal length, or that come again are ignored, critical ones too (§5.4.1, §5.4.3, §5.4.5)",
		"critical-unknown block-beside-q-block" + illegalCritical + repeatedCritical, "critical-unknown block-beside-q-block" + illegalCritical + repeatedCritical,
	},
	{
		"4.04 Not Found", "the same, where another resource is named without the option",
		"uri-path-256-bytes proxy-uri-empty" + oddOSCORE, "uri-path-256-bytes proxy-uri-empty" + oddOSCORE,
	},
	{"2.05 Content", "what the resource of the test answers does not depend on Accept (§5.10.4)", "accept-unavailable", "accept-unavailable"},
	{"2.05 Content", "it takes a request for a proxy for its own (§5.10.2)", "proxy-uri-beside-uri proxy-scheme", "proxy-uri-beside-uri proxy-scheme"},
	{
		"2.04 Changed", "it knows no conditions (§5.10.8), takes the size exponent 7 in Block1 (RFC 7959 §2.2), and ignores Q-Block1 (§5.4.1)",
		"both-conditions block1-szx-7 q-block1-without-request-tag", "both-conditions block1-szx-7 q-block1-without-request-tag",
	},
	{"4.02 Bad Option", "a Block2 that it cannot use has a response, in a NON too: 4.00 is that for the size exponent 7 (RFC 7959 §2.2), and none for an illegal length (§5.4.1)", "", "block2-4-bytes block2-szx-7"},
}
