/*
 * A stand-in for libamd_smi.so that the tests compile and the real Python binding drives.
 *
 * It knows nothing by itself: every answer is looked up in a text file at the time of the call. The
 * file is named by amd_stub_state(). Its lines are
 *
 *     key value          a number or a text
 *     key !10            the call answers with AMD SMI's status 10
 *
 * and a key that is not there answers AMDSMI_STATUS_NOT_SUPPORTED. Keys of board N begin with "N.".
 * "N.error 31" makes every call about that board fail. All boards sit on one socket.
 *
 * Signatures, layouts and numbers follow AMD's published amdsmi.h; nothing is copied from it. The
 * calls that no test needs are added by the tests as functions that answer NOT_SUPPORTED.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, NOT_SUPPORTED = 2 };

static char state_path[4096];

void amd_stub_state(const char *path)
{
    snprintf(state_path, sizeof state_path, "%s", path);
}

/* Look a key up: 0 and its text, or a status. */
static int look(const char *key, char *text, size_t size)
{
    FILE *file = fopen(state_path, "r");
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

static int number(void *handle, const char *name, uint64_t *value)
{
    char text[64];
    int answer = board(handle, name, text, sizeof text);

    if (!answer)
        *value = strtoull(text, NULL, 10);
    return answer;
}

/* A number that may be missing on its own: then the firmware's mark for "none". */
static uint32_t word(void *handle, const char *name, uint32_t none)
{
    uint64_t value = none;

    number(handle, name, &value);
    return (uint32_t)value;
}

static int alone(const char *key)
{
    char text[64];
    int answer = look(key, text, sizeof text);

    return answer == NOT_SUPPORTED ? SUCCESS : answer;
}

/* ---------------------------------------------------------------- the library */

int amdsmi_init(uint64_t flags)
{
    (void)flags;
    return alone("init");
}

int amdsmi_shut_down(void)
{
    return alone("shutdown");
}

int amdsmi_get_socket_handles(uint32_t *count, void **sockets)
{
    *count = 1;
    if (sockets)
        sockets[0] = (void *)1;
    return alone("sockets");
}

int amdsmi_get_processor_handles(void *socket, uint32_t *count, void **handles)
{
    char text[64];
    uint32_t index;

    (void)socket;
    *count = look("count", text, sizeof text) ? 0 : (uint32_t)atoi(text);
    for (index = 0; handles && index < *count; index++)
        handles[index] = (void *)(uintptr_t)(index + 1);
    return SUCCESS;
}

/* ---------------------------------------------------------------- who a board is */

int amdsmi_get_gpu_device_bdf(void *handle, uint64_t *address)
{
    uint64_t slot, function = 0;
    int answer = number(handle, "slot", &slot);

    number(handle, "function", &function);
    *address = function | slot << 8; /* function 3 bits, device 5, bus 8 (our slot), domain 48 */
    return answer;
}

typedef struct {
    char market_name[256];
    uint32_t vendor_id;
    char vendor_name[256];
    uint32_t subvendor_id;
    uint64_t device_id;
    uint32_t rev_id;
    char asic_serial[256];
    uint32_t oam_id, num_of_compute_units;
    uint64_t target_graphics_version;
    uint32_t subsystem_id, reserved[21];
} asic_info;

int amdsmi_get_gpu_asic_info(void *handle, asic_info *info)
{
    memset(info, 0, sizeof *info);
    return board(handle, "name", info->market_name, sizeof info->market_name);
}

typedef struct {
    uint64_t power_cap, default_power_cap, dpm_cap, min_power_cap, max_power_cap, reserved[3];
} power_cap_info;

int amdsmi_get_power_cap_info(void *handle, uint32_t sensor, power_cap_info *info)
{
    int answer = number(handle, "power_cap", &info->power_cap);

    (void)sensor;
    if (number(handle, "max_power_cap", &info->max_power_cap))
        info->max_power_cap = 0;
    return answer;
}

/* ---------------------------------------------------------------- energy and power */

int amdsmi_get_energy_count(void *handle, uint64_t *energy, float *resolution, uint64_t *time)
{
    char text[64];
    int answer = number(handle, "energy", energy);

    *time = 0;
    *resolution = board(handle, "resolution", text, sizeof text) ? 0 : strtof(text, NULL);
    return answer;
}

typedef struct {
    uint64_t socket_power;
    uint32_t current_socket_power, average_socket_power;
    uint64_t gfx_voltage, soc_voltage, mem_voltage;
    uint32_t power_limit;
    uint64_t reserved[18];
} power_info;

int amdsmi_get_power_info(void *handle, power_info *info)
{
    char text[64];

    memset(info, 0, sizeof *info);
    info->current_socket_power = word(handle, "power", 0xFFFF);
    info->average_socket_power = word(handle, "power_average", 0xFFFF);
    return board(handle, "power_info", text, sizeof text);
}

/* ---------------------------------------------------------------- state */

int amdsmi_get_gpu_activity(void *handle, uint32_t usage[16])
{
    uint64_t busy = 0;
    int answer = number(handle, "utilisation", &busy);

    usage[0] = (uint32_t)busy;
    usage[1] = word(handle, "memory_utilisation", 0xFFFF);
    return answer;
}

int amdsmi_get_gpu_vram_usage(void *handle, uint32_t usage[7])
{
    uint64_t used = 0;
    int answer = number(handle, "memory", &used);

    usage[0] = 196608;
    usage[1] = (uint32_t)used;
    return answer;
}

int amdsmi_get_clock_info(void *handle, int kind, uint32_t *info)
{
    uint64_t megahertz = 0;
    int answer = number(handle, kind == 4 ? "memory_clock" : "graphics_clock", &megahertz);

    info[0] = (uint32_t)megahertz;
    return answer;
}

int amdsmi_get_temp_metric(void *handle, int sensor, int metric, int64_t *celsius)
{
    uint64_t value = 0;
    int answer = number(handle, sensor == 1 ? "hotspot" : sensor ? "other" : "edge", &value);

    (void)metric;
    *celsius = (int64_t)value;
    return answer;
}

/* The tests say how large the structure is and where in it the number stands. */
int amdsmi_get_gpu_metrics_info(void *handle, char *metrics)
{
    char text[64];
    uint64_t throttled;
    int answer = number(handle, "throttled", &throttled);

    if (answer)
        return answer;
    look("metrics_size", text, sizeof text);
    memset(metrics, 0xFF, strtoul(text, NULL, 10));
    look("metrics_offset", text, sizeof text);
    memcpy(metrics + strtoul(text, NULL, 10), &throttled, sizeof throttled);
    return SUCCESS;
}
