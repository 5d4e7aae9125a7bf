package dissect

// ruleID is the index of a rule in the table.
type ruleID uint8

const (
	_ ruleID = iota

	// Of message format, in the order of the message; those of reliable transports last.
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
	ruleNoCode
	ruleMessageLengthCut
	ruleShorterThanLength
	ruleLongerThanLength
	ruleWebSocketLength

	// Of type, code and payload.
	ruleReservedClass
	ruleSignalingOnUDP
	ruleUnknownCode
	ruleEmptyReliable
	ruleEmptyNonConfirmable
	ruleRequestInAck
	ruleResetNotEmpty
	ruleDiagnosticUTF8
	ruleTooLarge
	ruleAbortWithoutDiagnostic
	ruleContinueWithoutBlock
	ruleTooLargeWithoutSize
	ruleObserveCode
	ruleFetchWithoutFormat

	// Of options in general.
	ruleUnknownCritical
	ruleReservedOption
	ruleOptionLength
	ruleOptionRepeated
	ruleOptionContext
	ruleLeadingZeros
	ruleInvalidUTF8
	ruleTooManyOptions
	ruleSignalingCritical

	// Of single options.
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
	ruleProxySchemeBesideURI
	ruleProxySchemeWithoutHost
	ruleProxyURIRelative
	ruleHostCase
	rulePathSlash
	ruleQuerySeparator
	ruleBothConditions
	ruleIfNoneMatchMethod
	ruleIfNoneMatchBlock
	ruleETagMethod
	ruleETagError
	ruleLocationCode
	ruleSize2Request
	ruleBlock1MoreBlock2
	ruleBlockBesideQBlock
	ruleQBlock1Tag
	ruleQBlockSize
	ruleQBlock2Order
	ruleMissingBlocksReliable
	ruleMissingBlocksPayload
	ruleExtendedTokenRange
	ruleOSCOREPayload
	ruleOSCORECode
	ruleOSCORERequest
	ruleOSCOREPartialIV
	ruleOSCOREInner
	ruleOSCORENoResponse

	ruleCount
)

// rules is the table of all rules. An Error breaks a MUST of the reference, a Warning breaks a SHOULD or will not
// do what was meant, a Note breaks nothing.
var rules = func() (all [ruleCount]Rule) {
	for _, table := range [...]*[ruleCount]Rule{&formatRules, &messageRules, &optionRules, &valueRules} {
		for id := range table {
			if table[id].ID != "" {
				all[id] = table[id]
			}
		}
	}
	return all
}()

// Rules gives all rules, those of message format first.
func Rules() []Rule { return rules[1:] }
