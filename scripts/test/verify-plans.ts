import { ambient, verifyPlan } from '@gradloom/core/extend'

// Whatever a test compiles, a plan that breaks a rule of plans fails it.
ambient.onPlan = verifyPlan
