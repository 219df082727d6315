/*
 * A stand-in for libnvidia-ml.so.1 that the tests compile and the real Python binding drives.
 *
 * It knows nothing by itself: every answer is looked up in a text file at the time of the call, so
 * that a test scripts a conversation by rewriting the file. The file is named by nvml_stub_state()
 * or, in another process, by the environment variable NVML_STUB_STATE. Its lines are
 *
 *     key value          a number or a text
 *     key !15            the call answers with NVML error 15
 *
 * and a key that is not there answers NVML_ERROR_NOT_SUPPORTED. Keys of board N begin with "N.".
 * "N.error 15" makes every call about that board fail.
 *
 * Signatures and numbers follow NVIDIA's published nvml.h; nothing is copied from it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3 };

static char state_path[4096];

void nvml_stub_state(const char *path)
{
    snprintf(state_path, sizeof state_path, "%s", path);
}

/* Look a key up: 0 and its text, or an NVML error. */
static int look(const char *key, char *text, size_t size)
{
    const char *path = state_path[0] ? state_path : getenv("NVML_STUB_STATE");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[512];
    size_t length = strlen(key);
    int answer = NOT_SUPPORTED;

    if (!file)
        return answer;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, key, length) || line[length] != ' ')
            continue;
        if (line[length + 1] == '!') {
            answer = atoi(line + length + 2);
        } else {
            snprintf(text, size, "%s", line + length + 1);
            answer = SUCCESS;
        }
        break;
    }
    fclose(file);
    return answer;
}

/* A handle is the number of the board plus one, so that none is NULL. */
static int board(void *handle, const char *name, char *text, size_t size)
{
    char key[64], error[64];
    unsigned index = (unsigned)(uintptr_t)handle - 1;

    snprintf(key, sizeof key, "%u.error", index);
    if (!look(key, error, sizeof error))
        return atoi(error);
    snprintf(key, sizeof key, "%u.%s", index, name);
    return look(key, text, size);
}

static int number(void *handle, const char *name, unsigned long long *value)
{
    char text[64];
    int answer = board(handle, name, text, sizeof text);

    if (!answer)
        *value = strtoull(text, NULL, 10);
    return answer;
}

static int word(void *handle, const char *name, unsigned *value)
{
    unsigned long long wide;
    int answer = number(handle, name, &wide);

    if (!answer)
        *value = (unsigned)wide;
    return answer;
}

/* ---------------------------------------------------------------- the library */

int nvmlInitWithFlags(unsigned flags)
{
    char text[64];
    int answer = look("init", text, sizeof text);

    (void)flags;
    return answer == NOT_SUPPORTED ? SUCCESS : answer;
}

int nvmlShutdown(void)
{
    char text[64];
    int answer = look("shutdown", text, sizeof text);

    return answer == NOT_SUPPORTED ? SUCCESS : answer;
}

const char *nvmlErrorString(int result)
{
    return result == 27 ? "Not ready" : "Stub error";
}

int nvmlSystemGetDriverVersion(char *version, unsigned length)
{
    return look("driver", version, length);
}

int nvmlSystemGetNVMLVersion(char *version, unsigned length)
{
    return look("nvml", version, length);
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
    char text[64];
    int answer = look("count", text, sizeof text);

    if (!answer)
        *count = (unsigned)atoi(text);
    return answer;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle)
{
    char text[64];
    int answer;

    *handle = (void *)(uintptr_t)(index + 1);
    answer = board(*handle, "handle", text, sizeof text);
    return answer == NOT_SUPPORTED ? SUCCESS : answer;
}

/* ---------------------------------------------------------------- who it is */

int nvmlDeviceGetName(void *handle, char *name, unsigned length)
{
    return board(handle, "name", name, length);
}

int nvmlDeviceGetUUID(void *handle, char *uuid, unsigned length)
{
    return board(handle, "uuid", uuid, length);
}

int nvmlDeviceGetArchitecture(void *handle, unsigned *architecture)
{
    return word(handle, "architecture", architecture);
}

int nvmlDeviceGetMigMode(void *handle, unsigned *current, unsigned *pending)
{
    *pending = 0;
    return word(handle, "mig", current);
}

int nvmlDeviceGetPowerManagementLimitConstraints(void *handle, unsigned *low, unsigned *high)
{
    *low = 0;
    return word(handle, "limit_mw", high);
}

/* ---------------------------------------------------------------- energy and power */

int nvmlDeviceGetTotalEnergyConsumption(void *handle, unsigned long long *millijoules)
{
    return number(handle, "energy", millijoules);
}

int nvmlDeviceGetPowerUsage(void *handle, unsigned *milliwatts)
{
    return word(handle, "usage", milliwatts);
}

typedef struct {
    unsigned fieldId;
    unsigned scopeId;
    long long timestamp;
    long long latencyUsec;
    int valueType;
    int nvmlReturn;
    union {
        double dVal;
        unsigned uiVal;
        unsigned long ulVal;
        unsigned long long ullVal;
        signed long long sllVal;
        int siVal;
        unsigned short usVal;
    } value;
} field_value;

int nvmlDeviceGetFieldValues(void *handle, int count, field_value *values)
{
    char name[64];
    unsigned type;
    int index;

    for (index = 0; index < count; index++) {
        field_value *each = &values[index];

        snprintf(name, sizeof name, "field.%u", each->fieldId);
        each->nvmlReturn = word(handle, name, &each->value.uiVal);
        each->valueType = word(handle, "field_type", &type) ? 1 : (int)type;
        if (each->valueType == 0)
            each->value.dVal = each->value.uiVal;
    }
    return count > 0 ? SUCCESS : INVALID_ARGUMENT;
}

/* ---------------------------------------------------------------- state */

int nvmlDeviceGetUtilizationRates(void *handle, unsigned rates[2])
{
    int answer = word(handle, "utilisation", &rates[0]);

    return answer ? answer : word(handle, "memory_utilisation", &rates[1]);
}

int nvmlDeviceGetMemoryInfo(void *handle, unsigned long long memory[3])
{
    memory[0] = memory[1] = 0;
    return number(handle, "memory", &memory[2]);
}

int nvmlDeviceGetClockInfo(void *handle, int kind, unsigned *megahertz)
{
    return word(handle, kind == 1 ? "sm_clock" : kind == 2 ? "memory_clock" : "other", megahertz);
}

int nvmlDeviceGetTemperature(void *handle, int sensor, unsigned *celsius)
{
    return sensor ? INVALID_ARGUMENT : word(handle, "temperature", celsius);
}

int nvmlDeviceGetTemperatureV(void *handle, int *asked)
{
    unsigned celsius;
    int answer = word(handle, "temperature_v", &celsius);

    if (!answer)
        asked[2] = (int)celsius; /* version, sensor, temperature */
    return answer;
}

int nvmlDeviceGetCurrentClocksEventReasons(void *handle, unsigned long long *reasons)
{
    return number(handle, "event_reasons", reasons);
}

int nvmlDeviceGetCurrentClocksThrottleReasons(void *handle, unsigned long long *reasons)
{
    return number(handle, "throttle_reasons", reasons);
}
